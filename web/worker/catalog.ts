/**
 * catalog.ts: the torrents that the engine has, and their files by number and by URL path.
 * CONTRACT  a torrent id is used once. `file()` answers for torrents that were removed, too: outputs
 *           about them may still be under way.
 */
import type { Hex, SiteFile, TorrentReady } from '../engine/io.js';

export interface Torrent {
  id: number;
  /** v2 info-hash, 64 digits. */
  hash: Hex;
  /** v1 info-hash of a hybrid, 40 digits; else empty. */
  v1: Hex;
  /** WebSocket tracker that the .torrent names, if any. */
  announce: string | null;
  /** By file number, under its first URL. */
  files: Map<number, SiteFile>;
}
/** Where the origin has the bytes of a file (the entry under its first URL): docs/formats/sitemap.md. */
export const originPath = ({ urlPath, contentEncoding }: SiteFile): string =>
  contentEncoding === '' ? urlPath : `${urlPath}.gz`;

export interface Found {
  torrent: number;
  file: SiteFile;
}

const torrents = new Map<number, Torrent>();
const byPath = new Map<string, Found>();
let next = 1;

export function add(hash: Hex, v1: Hex, announce: string | null): Torrent {
  const torrent = { id: next, hash, v1, announce, files: new Map<number, SiteFile>() };
  next += 1;
  torrents.set(torrent.id, torrent);
  return torrent;
}

/** The engine accepted it: its files can be found. */
export function ready(output: TorrentReady): Torrent | undefined {
  const torrent = torrents.get(output.torrent);
  if (!torrent) return undefined;
  for (const file of output.files) {
    if (!torrent.files.has(file.file)) torrent.files.set(file.file, file);
    byPath.set(file.urlPath, { torrent: torrent.id, file });
  }
  return torrent;
}

/** Its paths are no longer found; its files still are, by number. */
export function retire(id: number): void {
  for (const [path, found] of byPath) if (found.torrent === id) byPath.delete(path);
}

export const torrent = (id: number): Torrent | undefined => torrents.get(id);
/** The torrent that trackers know by this 20-byte hash. */
export const byShortHash = (short: Hex): Torrent | undefined =>
  [...torrents.values()]
    .reverse()
    .find((torrent) => torrent.hash.startsWith(short) || torrent.v1 === short);
/** The file that an output is about. */
export const file = (of: { torrent: number; file: number }): SiteFile | undefined =>
  torrents.get(of.torrent)?.files.get(of.file);
export const find = (path: string): Found | undefined => byPath.get(path);
export const paths = (): IterableIterator<[string, Found]> => byPath.entries();
