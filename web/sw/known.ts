/**
 * known.ts: what the service worker knows without asking: the stored site map and the kept pages.
 * CONTRACT  a cache of files on disk: lost at any time, loaded again when needed.
 */
import type { StoredFile, StoredMap } from '../messages.js';
import { pagesCache, urlPath } from '../place.js';
import { readJson } from '../stored.js';
import { soon } from './soon.js';
import { base } from './worker-scope.js';

export interface Known {
  map: StoredMap | null;
  files: Map<string, StoredFile>;
  pages: Set<string>;
}

let loaded: Known | null = null;
let loading: Promise<Known> | null = null;

async function readMap(): Promise<StoredMap | null> {
  const map = (await readJson(base, 'map.json')) as StoredMap | null;
  return map?.v === 2 ? map : null;
}

async function readPages(): Promise<Set<string>> {
  const name = pagesCache(base);
  if (!(await caches.has(name))) return new Set();
  const requests = await (await caches.open(name)).keys();
  return new Set(requests.map((request) => request.url));
}

/** Loads what is stored; `again`: even if it was loaded before. */
export function load(again = false): Promise<Known> {
  if (again) loading = null;
  loading ??= Promise.all([soon(readMap(), null), soon(readPages(), new Set())]).then(
    ([map, pages]) => {
      loaded = { map, files: new Map(Object.entries(map?.files ?? {})), pages };
      return loaded;
    },
  );
  return loading;
}

/** What was loaded; null: not yet. */
export const peek = (): Known | null => loaded;

/** The site map's name for a request, or null when its URL can name no shareable file. */
export const pathOf = (url: string): string | null => urlPath(base, url);
