/**
 * site.ts: which version of the site the engine works on: pointer → torrents → site map.
 * CONTRACT  `on` is told after the engine accepted every torrent of a valid pointer and map.json names
 *           their files; `off` when there is no such version (any more).
 * SPEC      docs/formats/pointer.md, realms.md.   LIMITS  kRecheckMs, kMetainfoMax.
 */
import type { Hex, TorrentReady, TorrentRefused } from '../engine/io.js';
import type { StoredFile, StoredMap } from '../messages.js';
import { announceOf } from '../metainfo.js';
import type { Pointer } from '../pointer.js';
import { torrentUrl } from '../place.js';
import { writeJson } from '../stored.js';
import * as catalog from './catalog.js';
import { base } from './here.js';
import { put } from './pump.js';
import { restore } from './restore.js';
import * as store from './store.js';
import { ask } from './trust.js';

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
  torrents: catalog.Torrent[];
  waiting: Set<number>;
}

let current: Version | null = null;
let timer: ReturnType<typeof setTimeout> | undefined;
let checking = false;
let events: SiteEvents;

/** `pointer`: as the page's loader has fetched it a moment ago. */
export function enterSite(tell: SiteEvents, pointer: Uint8Array | null): void {
  events = tell;
  void check(pointer);
}

/** Asks for the pointer now, and again every few minutes. */
export async function check(fresh: Uint8Array | null = null): Promise<void> {
  if (checking) return;
  checking = true;
  clearTimeout(timer);
  const verdict = await ask(fresh);
  if (verdict.t === 'refused') leave(verdict.reason);
  else if (verdict.t === 'unreachable') {
    if (!current) events.off('the origin does not answer');
  } else if (!sameVersion(verdict.pointer)) await enter(verdict.pointer);
  const wait = verdict.t === 'unreachable' ? kUnreachableMs : kRecheckMs;
  timer = setTimeout(() => void check(), wait);
  checking = false;
}

/** The tracker that this version's .torrent names. */
export function announce(): string | null {
  return current?.torrents.find((torrent) => torrent.announce !== null)?.announce ?? null;
}

export function ready(output: TorrentReady): void {
  const torrent = catalog.ready(output);
  const version = current;
  if (!torrent || !version?.waiting.delete(output.torrent)) return;
  for (const file of torrent.files.values()) {
    if (file.size > 0 && store.has(file.root)) {
      put({ t: 'file-kept', torrent: torrent.id, file: file.file });
    }
  }
  void restore(output);
  if (version.waiting.size === 0) void settle(version);
}

export function refused({ torrent, reason }: TorrentRefused): void {
  if (current?.waiting.has(torrent)) leave(`a torrent is refused: ${reason}`);
}

function sameVersion(pointer: Pointer): boolean {
  if (current?.pointer.named !== pointer.named) return false;
  if (current.pointer.seq !== pointer.seq) {
    // Renewed: the same files, a later expiry.
    current.pointer = pointer;
    if (current.waiting.size === 0) void settle(current);
  }
  return true;
}

async function enter(pointer: Pointer): Promise<void> {
  const metainfos = await Promise.all(pointer.hashes.map((hash) => fetchTorrent(hash)));
  if (!metainfos.every((metainfo) => metainfo !== null)) {
    if (!current) events.off('a torrent of the site does not arrive');
    return;
  }
  remove();
  const torrents = pointer.hashes.map((hash, i) =>
    catalog.add(hash, pointer.v1[i] ?? '', announceOf(metainfos[i]!)),
  );
  current = { pointer, torrents, waiting: new Set(torrents.map((t) => t.id)) };
  torrents.forEach(({ id, hash, v1 }, i) =>
    put({
      t: 'torrent-added',
      torrent: id,
      expected: hash,
      metainfo: metainfos[i]!,
      v1: v1.padEnd(40, '0'),
    }),
  );
}

async function fetchTorrent(hash: Hex): Promise<Uint8Array | null> {
  try {
    const response = await fetch(torrentUrl(base, hash), { headers: { Skep: 'engine' } });
    if (!response.ok) return null;
    const bytes = new Uint8Array(await response.arrayBuffer());
    return bytes.length <= kMetainfoMax ? bytes : null;
  } catch {
    return null;
  }
}

/** Everything is known: write the map for the service worker, then say so. */
async function settle(version: Version): Promise<void> {
  const { seq, expires, named } = version.pointer;
  const map: StoredMap = { v: 2, seq, expires, named, files: {} };
  const roots = new Set<string>();
  for (const [path, { torrent, file }] of catalog.paths()) {
    const { root, size, mediaType: type, cacheControl: cache, contentEncoding } = file;
    roots.add(root);
    const entry: StoredFile = { root, size, type, cache };
    if (contentEncoding !== '') {
      // Where nothing undoes it, HTTP does.
      if (contentEncoding !== 'gzip' || !self.DecompressionStream) continue;
      entry.gz = catalog.originPath(catalog.file({ torrent, file: file.file })!);
    }
    map.files[path] = entry;
  }
  await writeJson(base, 'map.json', map).catch(() => {}); // the disk is full: HTTP, then
  if (current !== version) return;
  store.keepOnly(roots);
  events.on(seq);
}

function remove(): void {
  for (const { id } of current?.torrents ?? []) {
    catalog.retire(id);
    put({ t: 'torrent-removed', torrent: id });
  }
  current = null;
}

function leave(reason: string): void {
  remove();
  events.off(reason);
}
