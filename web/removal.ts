/**
 * removal.ts: deletes what a site keeps in the browser's stores: files, pages, what it remembers.
 * CONTRACT  never rejects. A file that an engine has open cannot be deleted: stop the engine first;
 *           this tries again for as long as it takes the engine to let go. Resolves to true when
 *           everything is gone. `keepTrust`: all but the highest seq, without which an older pointer
 *           could come back.
 */
import { encoded, filesCache, filesUrl, pagesCache } from './place.js';

const kTries = 20;
const kAgainMs = 100;
const kTrust = 'trust.json';

async function removeCached(base: string, keepTrust: boolean): Promise<void> {
  await caches.delete(pagesCache(base));
  const name = filesCache(base);
  if (!keepTrust) return void (await caches.delete(name));
  const cache = await caches.open(name);
  for (const request of await cache.keys()) {
    if (request.url !== filesUrl(base, kTrust)) await cache.delete(request);
  }
  // Opening it has made it, where files are in OPFS.
  if ((await cache.keys()).length === 0) await caches.delete(name);
}

async function removeFolder(base: string): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const skep = await root.getDirectoryHandle('skep');
  await skep.removeEntry(encoded(base), { recursive: true });
  await root.removeEntry('skep').catch(() => {}); // another site's folder is in it
}

export async function removeStored(base: string, keepTrust: boolean): Promise<boolean> {
  await removeCached(base, keepTrust).catch(() => {});
  for (let i = 0; i < kTries; i += 1) {
    try {
      await removeFolder(base);
      return true;
    } catch (error) {
      // There is none, or there is no OPFS here.
      if (/NotFound|Type|Security/.test((error as Error).name)) return true;
      await new Promise((resolve) => setTimeout(resolve, kAgainMs));
    }
  }
  return false;
}
