/**
 * offline.ts: keeps the pages of offline.json, and the runtime itself, in Cache Storage.
 * CONTRACT  private to this visitor: peers never see any of it. A page is kept only if its bytes are
 *           those that offline.json names; what is no longer listed is forgotten.
 * SPEC      docs/formats/publication.md.   LIMITS  kPagesMax, kBytesMax.
 */
import { toHex } from '../hex.js';
import { offlineUrl, pagesCache } from '../place.js';

const kPagesMax = 1000;
const kPrecacheUrlsMax = 10_000;
const kBytesMax = 50 * 1024 * 1024;
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

interface Listed {
  pages: Page[];
  precache: string[];
}

async function listed(base: string): Promise<Listed | null> {
  const response = await fetch(offlineUrl(base), {
    cache: 'no-cache',
    headers: { Skep: 'engine' },
  });
  if (!response.ok) return null;
  const { v, pages, precache } = (await response.json()) as { [name: string]: unknown };
  if (v !== 1 || !Array.isArray(pages)) return null;
  const urls: unknown[] = Array.isArray(precache) ? precache : [];
  return {
    pages: pages.filter(isPage).slice(0, kPagesMax),
    precache: urls.filter((url) => typeof url === 'string').slice(0, kPrecacheUrlsMax),
  };
}

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

/**
 * Brings the kept pages up to date; failures leave what was kept before. Returns what the publisher
 * wants to be in the store in advance: URLs relative to the base.
 */
export async function keepPages(base: string): Promise<string[]> {
  let list: Listed | null = null;
  try {
    list = await listed(base);
    if (!list) return [];
    const cache = await caches.open(pagesCache(base));
    const wanted = new Set<string>();
    let bytes = 0;
    for (const page of list.pages) {
      const url = new URL(page.url, base).href;
      bytes += page.size;
      if (!url.startsWith(base) || bytes > kBytesMax) continue;
      wanted.add(url);
      await keep(cache, url, page).catch(() => false);
    }
    for (const request of await cache.keys()) {
      if (!wanted.has(request.url)) await cache.delete(request);
    }
  } catch {
    // Off line, or no Cache Storage: the next visit tries again.
  }
  return list?.precache ?? [];
}
