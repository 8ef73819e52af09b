/**
 * page.ts: navigations, and what offline.json keeps: network first, the kept copy when there is none.
 */
import { pagesCache } from '../place.js';
import { base } from './worker-scope.js';

/** URLs under which a page may be kept: as it is, without its query, as a directory's index. */
export function candidates(url: string): string[] {
  const plain = url.split(/[?#]/, 1)[0]!;
  if (plain.endsWith('/')) return [plain, `${plain}index.html`];
  const last = plain.slice(plain.lastIndexOf('/') + 1);
  return last.includes('.') ? [plain] : [plain, `${plain}.html`, `${plain}/index.html`];
}

async function keptPage(url: string): Promise<Response | undefined> {
  const cache = await caches.open(pagesCache(base));
  for (const candidate of candidates(url)) {
    const page = await cache.match(candidate);
    if (page) return page;
  }
  return undefined;
}

export async function pageResponse(event: FetchEvent): Promise<Response> {
  const kept = (): Promise<Response | undefined> => keptPage(event.request.url);
  try {
    const preloaded = (await event.preloadResponse) as Response | undefined;
    // Firefox (153) does not reject when the preload fails: it hands over the network's error.
    const response =
      preloaded && preloaded.type !== 'error' ? preloaded : await fetch(event.request);
    return (response.status >= 500 && (await kept())) || response;
  } catch (error) {
    const page = await kept();
    if (page) return page;
    throw error;
  }
}
