/**
 * place.ts: the names of everything a site keeps in the browser, derived from its base URL.
 * CONTRACT  two sites on one origin (in different sub-paths) never share a lock, a channel, a
 *           folder or a cache; all realms of one site derive the same names.
 */

const kFolder = '.well-known/skep/';

/** The part of a base URL that differs between sites of one origin; a single OPFS name. */
export const encoded = (base: string): string => encodeURIComponent(new URL(base).pathname);

export const pointerUrl = (base: string): string => `${base}${kFolder}latest`;
export const torrentUrl = (base: string, hash: string): string =>
  `${base}${kFolder}${hash}.torrent`;
export const offlineUrl = (base: string): string => `${base}${kFolder}offline.json`;
export const trackerUrl = (base: string): string =>
  `${base.replace(/^http/, 'ws')}${kFolder}tracker`;
export const runtimeUrl = (base: string, file: string): string => `${base}${kFolder}${file}`;

/** Held, exclusively, by the tab that leads. */
export const leaderLock = (base: string): string => `skep ${encoded(base)} leader`;
/** Held, exclusively, by the engine worker while it lives. */
export const engineLock = (base: string): string => `skep ${encoded(base)} engine`;
/** BroadcastChannel between engine worker, service worker and all tabs. */
export const newsChannel = (base: string): string => `skep ${encoded(base)}`;
/** Cache Storage: pages that the visitor keeps for itself. */
export const pagesCache = (base: string): string => `skep ${encoded(base)} pages`;

/** localStorage: what the visitor has chosen for this site (page/choice.ts). */
export const choiceKey = (base: string): string => `skep ${encoded(base)}`;
/** localStorage: how much was given today (page/allowance.ts). */
export const givenKey = (base: string): string => `skep ${encoded(base)} given`;
/** Held, shared, by every tab that can be seen. */
export const seenLock = (base: string): string => `skep ${encoded(base)} seen`;

/** Cache Storage: what the store keeps where there is no OPFS. */
export const filesCache = (base: string): string => `skep ${encoded(base)} files`;
/** The name of a stored file there; nobody asks the origin for it. */
export const filesUrl = (base: string, name: string): string => `${base}${kFolder}store/${name}`;

/** The site's folder in OPFS: skep/<base path, percent-encoded>. Rejects where OPFS is of no use. */
export async function siteFolder(base: string): Promise<FileSystemDirectoryHandle> {
  if (!('move' in FileSystemFileHandle.prototype)) throw new Error('no move()');
  const root = await navigator.storage.getDirectory();
  const skep = await root.getDirectoryHandle('skep', { create: true });
  return skep.getDirectoryHandle(encoded(base), { create: true });
}

/**
 * The site map's name for a URL: its path relative to the base, decoded; null when the URL is
 * outside of the base, has a query or an encoded slash, or is not valid UTF-8.
 */
export function urlPath(base: string, url: string): string | null {
  const plain = url.split('#', 1)[0]!;
  if (!plain.startsWith(base) || /\?|%2f/i.test(plain)) return null;
  try {
    return decodeURIComponent(plain.slice(base.length));
  } catch {
    return null;
  }
}

/** The URL of a path of the site map. */
export const pathUrl = (base: string, path: string): string =>
  base + path.split('/').map(encodeURIComponent).join('/');
