/**
 * adopt.ts: takes into the store what the page has loaded without Skep: from the HTTP cache.
 * CONTRACT  nothing is sent twice: asked for is what the page's own timing says it has loaded, whole
 *           and as it is stored; a first file that the cache turns out not to have ends it. A file is
 *           kept only if it has the signed root: the cache may hold an older version.
 * SPEC      BEP 52 (blocks of 16 KiB, zero hashes up to a power of two).   LIMITS  kAdoptMax.
 */
import { toHex } from '../hex.js';
import type { Loaded } from '../messages.js';
import { pathUrl } from '../place.js';
import { find, type Found } from './catalog.js';
import { base } from './here.js';
import * as store from './store.js';

const kBlock = 16 * 1024;
/** Browsers cache no larger ones (an eighth of the cache, 50 MB in Firefox): those would be sent again. */
const kAdoptMax = 16 * 1024 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;
const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

/** The hash that stands for `size` octets of the file, a power of two of blocks. */
async function nodeOf(file: Bytes, begin: number, size: number): Promise<Bytes> {
  const pair = new Uint8Array(64);
  if (begin >= file.length && size === kBlock) return pair.subarray(32);
  if (size === kBlock) return sha256(file.subarray(begin, begin + size));
  const half = size / 2;
  const halves = [nodeOf(file, begin, half), nodeOf(file, begin + half, half)];
  const [left, right] = await Promise.all(halves);
  pair.set(left!);
  pair.set(right!, 32);
  return sha256(pair);
}

/** The Merkle root of a file that is not empty, hex. */
export async function rootOf(file: Bytes): Promise<string> {
  let size = kBlock;
  while (size < file.length) size *= 2;
  return toHex(await nodeOf(file, 0, size));
}

/** `kept` is told of each file that the store has now. */
export async function adopt(loaded: Loaded[], kept: (found: Found) => void): Promise<void> {
  for (const { path, size } of loaded) {
    const found = find(path);
    if (found?.file.size !== size || size > kAdoptMax) continue;
    const { root, contentEncoding } = found.file;
    if (contentEncoding !== '' || store.has(root)) continue;
    const url = pathUrl(base, path);
    performance.clearResourceTimings(); // there is room for 250
    try {
      const response = await fetch(url, { cache: 'force-cache', headers: { Skep: 'engine' } });
      const bytes = new Uint8Array(await response.arrayBuffer());
      if (bytes.length === size && (await rootOf(bytes)) === root) {
        store.write(root, size, 0, bytes);
        if (await store.complete(root, size)) kept(found);
      }
    } catch {
      // Gone from the cache and from the origin: not worth a word.
    }
    const timing = performance.getEntriesByName(url)[0] as PerformanceResourceTiming;
    if (timing?.transferSize) return;
  }
}
