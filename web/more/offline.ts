/**
 * offline.ts: what a visitor of some publications has in advance: the pages of offline.json, with the
 * runtime, in Cache Storage; and files in the store.
 * CONTRACT  pages are private to this visitor: peers never see any of them. A page is kept only if its
 *           bytes are those that offline.json names; what is no longer listed is forgotten. Files come from
 *           peers first, by HTTP where nobody has them (the engine's `prefetch`), and only while bytes, or
 *           the battery, cost nothing (page/policy.ts).
 * SPEC      docs/formats/publication.md.   LIMITS  kPagesMax, kBytesMax, kPrecacheMax.
 */
import { toHex } from '../hex.js';
import { pagesCache, urlPath } from '../place.js';

const kPagesMax = 1000;
const kPrecacheUrlsMax = 10_000;
const kBytesMax = 50 * 1024 * 1024;
/** More is a download that somebody should have asked for. */
const kPrecacheMax = 512 * 1024 * 1024;
/** Marks a kept response with the hash of its body. */
const kHashHeader = 'Skep-Sha256';

interface Page {
  url: string;
  sha256: string;
  size: number;
}

const isPage = (value: unknown): value is Page => {
  const { url, sha256, size } = (value ?? {}) as Partial<Page>;
  return typeof url === 'string' && typeof sha256 === 'string' && typeof size === 'number';
};

/** Fetches a page and keeps it, if it is what was listed. True if it is kept. */
async function keep(cache: Cache, url: string, page: Page): Promise<boolean> {
  const kept = await cache.match(url);
  if (kept?.headers.get(kHashHeader) === page.sha256) return true;
  for (const mode of ['default', 'reload'] as const) {
    const response = await fetch(url, { cache: mode, headers: { Skep: 'engine' } });
    if (!response.ok) return false;
    const body = await response.arrayBuffer();
    if (toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', body))) !== page.sha256)
      continue;
    const headers = new Headers(response.headers);
    // The body is decoded here; who reads it from the cache must not decode it again.
    headers.delete('Content-Encoding');
    headers.set('Content-Length', String(body.byteLength));
    headers.set(kHashHeader, page.sha256);
    await cache.put(url, new Response(body, { headers }));
    return true;
  }
  return false;
}

/** Brings the kept pages up to date; failures leave what was kept before. `listed`: not checked yet. */
export async function keepPages(base: string, listed: unknown[]): Promise<void> {
  const cache = await caches.open(pagesCache(base));
  const wanted = new Set<string>();
  let bytes = 0;
  for (const page of listed.filter(isPage).slice(0, kPagesMax)) {
    const url = new URL(page.url, base).href;
    bytes += page.size;
    if (!url.startsWith(base) || bytes > kBytesMax) continue;
    wanted.add(url);
    await keep(cache, url, page).catch(() => false);
  }
  for (const request of await cache.keys()) {
    if (!wanted.has(request.url)) await cache.delete(request);
  }
}

/** `urls` are relative to the base; `may`: the visitor's circumstances still allow it. */
export async function precache(
  base: string,
  urls: unknown[],
  /** Bytes of a file that the store does not have; and: get it. */
  sizeOf: (path: string) => number,
  prefetch: (path: string) => Promise<void>,
  may: () => boolean,
): Promise<void> {
  let left = kPrecacheMax;
  for (const url of urls.slice(0, kPrecacheUrlsMax)) {
    if (typeof url !== 'string') continue;
    const path = urlPath(base, new URL(url, base).href) ?? '';
    left -= sizeOf(path);
    if (!may() || left < 0) return;
    await prefetch(path);
  }
}
