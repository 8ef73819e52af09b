/**
 * stored.ts: the small JSON files of the store: read and written by every realm.
 * CONTRACT  a file is replaced as a whole: who reads sees the old or the new one. null: it is not there,
 *           or it is not JSON.
 * WHY       Cache Storage, where files in OPFS would do, too: it is in every browser that has service
 *           workers, and those may write there.
 */
import { filesCache, filesUrl } from './place.js';

/** What Cache Storage has under that name. */
export const readCached = (base: string, name: string): Promise<Response | undefined> =>
  caches.match(filesUrl(base, name), { cacheName: filesCache(base) });

export async function readJson(base: string, name: string): Promise<unknown> {
  try {
    return ((await (await readCached(base, name))?.json()) ?? null) as unknown;
  } catch {
    return null;
  }
}

/** Rejects when the disk refuses. */
export async function writeJson(base: string, name: string, value: unknown): Promise<void> {
  const cache = await caches.open(filesCache(base));
  await cache.put(filesUrl(base, name), new Response(JSON.stringify(value)));
}
