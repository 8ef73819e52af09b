/**
 * stored.ts: reads what the store keeps: in OPFS, or, where there is none (private windows, older
 * browsers), in Cache Storage.
 * CONTRACT  null: it is not there.
 */
import { readFile } from './held.js';
import { filesCache, filesUrl, siteFolder } from './place.js';

/** A file in Cache Storage. */
export async function readCached(base: string, name: string): Promise<Blob | null> {
  const response = await caches.match(filesUrl(base, name), { cacheName: filesCache(base) });
  return response ? response.blob() : null;
}

/** A small JSON file of the store; null, too, when it is not JSON. */
export async function readJson(base: string, name: string): Promise<unknown> {
  try {
    const folder = await siteFolder(base).catch(() => null);
    const file = await (folder ? readFile(folder, name) : readCached(base, name));
    return file && (JSON.parse(await file.text()) as unknown);
  } catch {
    return null;
  }
}
