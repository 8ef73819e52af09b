/**
 * site.ts: which version of the site the engine works on: pointer → torrents → site map.
 * CONTRACT  `on` is told after the engine accepted every torrent of a valid pointer and map.json names
 *           their files; `off` when there is no such version (any more).
 * SPEC      docs/formats/pointer.md, realms.md.   LIMITS  kRecheckMs, kMetainfoMax.
 */
import { readDict, readString } from '../bencode.js';
import type { Hex, Input, TorrentReady, TorrentRefused } from '../engine/io.js';
import type { StoredFile, StoredMap } from '../messages.js';
import type { Pointer } from '../pointer.js';
import { torrentUrl } from '../place.js';
import { originPath, type Catalog, type Torrent } from './catalog.js';
import { writeJson } from './json-file.js';
import { restore } from './restore.js';
import type { Store } from './store.js';
import type { TrustKeeper } from './trust.js';

/** A published version is noticed this late by a page that stays open. */
const kRecheckMs = 3 * 60_000;
/** Nobody answered: ask again soon. */
const kUnreachableMs = 15_000;
/** kMetainfoSizeMax of src/base/limits.hpp. */
const kMetainfoMax = 32 * 1024 * 1024;

export interface SiteEvents {
  on(seq: number): void;
  off(reason: string): void;
}

interface Version {
  pointer: Pointer;
  torrents: Torrent[];
  waiting: Set<number>;
}

/** The first WebSocket URL of a .torrent's `announce`; null: none, or not readable. */
export function announceOf(metainfo: Uint8Array): string | null {
  try {
    const value = readDict(metainfo).get('announce');
    const url = value ? new TextDecoder().decode(readString(value)) : '';
    return /^wss?:/.test(url) ? url : null;
  } catch {
    return null;
  }
}

export class Site {
  private current: Version | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private checking = false;

  constructor(
    private readonly base: string,
    private readonly trust: TrustKeeper,
    private readonly catalog: Catalog,
    private readonly store: Store,
    private readonly put: (input: Input) => void,
    private readonly events: SiteEvents,
  ) {}

  /** Asks for the pointer now, and again every few minutes. */
  async check(): Promise<void> {
    if (this.checking) return;
    this.checking = true;
    clearTimeout(this.timer);
    const verdict = await this.trust.ask();
    if (verdict.t === 'refused') this.leave(verdict.reason);
    else if (verdict.t === 'unreachable') {
      if (!this.current) this.events.off('the origin does not answer');
    } else if (!this.sameVersion(verdict.pointer)) await this.enter(verdict.pointer);
    const wait = verdict.t === 'unreachable' ? kUnreachableMs : kRecheckMs;
    this.timer = setTimeout(() => void this.check(), wait);
    this.checking = false;
  }

  /** The tracker that this version's .torrent names. */
  announce(): string | null {
    return this.current?.torrents.find((torrent) => torrent.announce !== null)?.announce ?? null;
  }

  ready(output: TorrentReady): void {
    const torrent = this.catalog.ready(output);
    const version = this.current;
    if (!torrent || !version?.waiting.delete(output.torrent)) return;
    for (const file of torrent.files.values()) {
      if (file.size > 0 && this.store.has(file.root)) {
        this.put({ t: 'file-kept', torrent: torrent.id, file: file.file });
      }
    }
    void restore(this.store, output, this.put);
    if (version.waiting.size === 0) void this.settle(version);
  }

  refused({ torrent, reason }: TorrentRefused): void {
    if (this.current?.waiting.has(torrent)) this.leave(`a torrent is refused: ${reason}`);
  }

  private sameVersion(pointer: Pointer): boolean {
    const current = this.current?.pointer;
    if (!current || current.hashes.join() !== pointer.hashes.join()) return false;
    if (current.seq !== pointer.seq && this.current) {
      // Renewed: the same files, a later expiry.
      this.current.pointer = pointer;
      if (this.current.waiting.size === 0) void this.settle(this.current);
    }
    return true;
  }

  private async enter(pointer: Pointer): Promise<void> {
    const metainfos = await Promise.all(pointer.hashes.map((hash) => this.fetchTorrent(hash)));
    if (!metainfos.every((metainfo) => metainfo !== null)) {
      if (!this.current) this.events.off('a torrent of the site does not arrive');
      return;
    }
    this.remove();
    const torrents = pointer.hashes.map((hash, i) =>
      this.catalog.add(hash, pointer.v1[i] ?? '', announceOf(metainfos[i]!)),
    );
    this.current = { pointer, torrents, waiting: new Set(torrents.map((t) => t.id)) };
    torrents.forEach(({ id, hash, v1 }, i) =>
      this.put({
        t: 'torrent-added',
        torrent: id,
        expected: hash,
        metainfo: metainfos[i]!,
        v1: v1.padEnd(40, '0'),
      }),
    );
  }

  private async fetchTorrent(hash: Hex): Promise<Uint8Array | null> {
    try {
      const response = await fetch(torrentUrl(this.base, hash), { headers: { Skep: 'engine' } });
      if (!response.ok) return null;
      const bytes = new Uint8Array(await response.arrayBuffer());
      return bytes.length <= kMetainfoMax ? bytes : null;
    } catch {
      return null;
    }
  }

  /** Everything is known: write the map for the service worker, then say so. */
  private async settle(version: Version): Promise<void> {
    const { key, seq, expires, hashes } = version.pointer;
    const map: StoredMap = { v: 1, key, seq, expires, hashes, files: {} };
    const roots = new Set<string>();
    for (const [path, { torrent, file }] of this.catalog.paths()) {
      const { root, size, mediaType: type, cacheControl: cache, contentEncoding } = file;
      roots.add(root);
      const entry: StoredFile = { root, size, type, cache };
      if (contentEncoding !== '') {
        // Where nothing undoes it, HTTP does.
        if (contentEncoding !== 'gzip' || !self.DecompressionStream) continue;
        entry.gz = originPath(this.catalog.file(torrent, file.file)!);
      }
      map.files[path] = entry;
    }
    await writeJson(this.base, 'map.json', map).catch(() => {}); // no OPFS: nothing kept either
    if (this.current !== version) return;
    this.store.keepOnly((root) => roots.has(root));
    this.events.on(seq);
  }

  private remove(): void {
    for (const { id } of this.current?.torrents ?? []) {
      this.catalog.retire(id);
      this.put({ t: 'torrent-removed', torrent: id });
    }
    this.current = null;
  }

  private leave(reason: string): void {
    this.remove();
    this.events.off(reason);
  }
}
