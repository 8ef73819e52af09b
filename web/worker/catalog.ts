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

export class Catalog {
  private readonly torrents = new Map<number, Torrent>();
  private readonly byPath = new Map<string, Found>();
  private next = 1;

  add(hash: Hex, v1: Hex, announce: string | null): Torrent {
    const torrent = { id: this.next, hash, v1, announce, files: new Map<number, SiteFile>() };
    this.next += 1;
    this.torrents.set(torrent.id, torrent);
    return torrent;
  }

  /** The engine accepted it: its files can be found. */
  ready(output: TorrentReady): Torrent | undefined {
    const torrent = this.torrents.get(output.torrent);
    if (!torrent) return undefined;
    for (const file of output.files) {
      if (!torrent.files.has(file.file)) torrent.files.set(file.file, file);
      this.byPath.set(file.urlPath, { torrent: torrent.id, file });
    }
    return torrent;
  }

  /** Its paths are no longer found; its files still are, by number. */
  retire(id: number): void {
    for (const [path, found] of this.byPath) if (found.torrent === id) this.byPath.delete(path);
  }

  torrent(id: number): Torrent | undefined {
    return this.torrents.get(id);
  }
  /** The torrent that trackers know by this 20-byte hash. */
  byShortHash(short: Hex): Torrent | undefined {
    return [...this.torrents.values()]
      .reverse()
      .find((torrent) => torrent.hash.startsWith(short) || torrent.v1 === short);
  }
  file(torrent: number, file: number): SiteFile | undefined {
    return this.torrents.get(torrent)?.files.get(file);
  }
  find(path: string): Found | undefined {
    return this.byPath.get(path);
  }
  paths(): IterableIterator<[string, Found]> {
    return this.byPath.entries();
  }
}
