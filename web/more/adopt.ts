/**
 * adopt.ts: takes into the store what the page has loaded without Skep: from the HTTP cache.
 * CONTRACT  nothing is sent twice: asked for is what the page's own timing says it has loaded, whole
 *           and as it is stored; a first file that the cache turns out not to have ends it. A file is
 *           kept only if it has the signed root: the cache may hold an older version.
 */
import { rootOf } from '../metainfo.js';
import type { Found } from '../worker/catalog.js';
import type * as Store from '../worker/store.js';

/** `kept` is told of each file that the store has now. */
export async function adopt(
  files: [url: string, found: Found][],
  write: typeof Store.write,
  complete: typeof Store.complete,
  kept: (found: Found) => void,
): Promise<void> {
  for (const [url, found] of files) {
    const { root, size } = found.file;
    performance.clearResourceTimings(); // there is room for 250
    try {
      const response = await fetch(url, { cache: 'force-cache', headers: { Skep: 'engine' } });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length === size && (await rootOf(bytes)) === root) {
        write(root, size, 0, bytes);
        if (await complete(root, size)) kept(found);
      }
    } catch {
      // Gone from the cache and from the origin: not worth a word.
    }
    const timing = performance.getEntriesByName(url)[0] as PerformanceResourceTiming;
    if (timing?.transferSize) return;
  }
}
