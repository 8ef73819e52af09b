/**
 * held.ts: file handles that must not be collected while an operation of theirs is under way.
 * WHY       Chromium (156) never settles the promise of a handle that was collected meanwhile: about
 *           one file in a thousand was never opened, and whoever waited for it waited for ever.
 */
const underWay = new Set<object>();

/** `act` on `handle`, which stays alive until that is over. */
export async function held<H extends object, T>(
  handle: H,
  act: (handle: H) => Promise<T>,
): Promise<T> {
  underWay.add(handle);
  try {
    return await act(handle);
  } finally {
    underWay.delete(handle);
  }
}

/** The file of that name in a folder, read as a Blob; `handle`: where it is at hand. */
export async function readFile(
  folder: FileSystemDirectoryHandle,
  name: string,
  handle?: FileSystemFileHandle,
): Promise<File> {
  return held(handle ?? (await folder.getFileHandle(name)), (file) => file.getFile());
}
