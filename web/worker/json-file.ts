/**
 * json-file.ts: writes small JSON files of the store, replaced as a whole: readers (the service
 * worker) see the old or the new one, never half of one. stored.ts reads them.
 */
import { held } from '../held.js';
import { filesCache, filesUrl, siteFolder } from '../place.js';

/** Written beside its place, flushed, then moved there. Rejects when the disk refuses. */
export async function writeJson(base: string, name: string, value: unknown): Promise<void> {
  const text = JSON.stringify(value);
  const folder = await siteFolder(base).catch(() => null);
  if (!folder) {
    const cache = await caches.open(filesCache(base));
    return cache.put(filesUrl(base, name), new Response(text));
  }
  const file = await folder.getFileHandle(`${name}.new`, { create: true });
  const handle = await held(file, (f) => f.createSyncAccessHandle());
  try {
    handle.truncate(0);
    handle.write(new TextEncoder().encode(text), { at: 0 });
    handle.flush();
  } finally {
    handle.close();
  }
  await held(file, (f) => (f as unknown as { move(name: string): Promise<void> }).move(name));
}
