/** kept.ts: completed files of the store, read by the service worker alone. */
import { readFile } from '../held.js';
import type { StoredFile } from '../messages.js';
import { siteFolder } from '../place.js';
import { readCached } from '../stored.js';
import { base } from './worker-scope.js';

let folder: Promise<FileSystemDirectoryHandle> | null = null;

function filesFolder(): Promise<FileSystemDirectoryHandle> {
  folder ??= siteFolder(base).then((site) => site.getDirectoryHandle('files'));
  folder.catch(() => (folder = null));
  return folder;
}

/** The whole file, or null. Presence is the index; a wrong size cannot happen and is not trusted. */
export async function keptFile({ root, size }: StoredFile): Promise<Blob | null> {
  if (size === 0) return new Blob([]);
  try {
    const files = await filesFolder().catch(() => null);
    const file = await (files ? readFile(files, root) : (await readCached(base, root))?.blob());
    return file?.size === size ? file : null;
  } catch {
    return null;
  }
}
