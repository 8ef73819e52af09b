/**
 * toy-engine.ts: stands in for the wasm engine in tests of the realms: takes files from the first peer
 * that has them, else by HTTP, in a language of its own. Verifies nothing. Its "metainfo" is JSON:
 * { files: SiteFile[] }. A file whose path contains "trap" kills it.
 */
import type { FetchRequested, Input, Output, SiteFile } from '../../engine/io.js';

export class EngineTrap extends Error {
  override name = 'EngineTrap';
}
export const loadEngine = (response: Response): Promise<ArrayBuffer> => response.arrayBuffer();

interface Head {
  m: 'ask' | 'piece' | 'no';
  file: number;
  at: number;
  size: number;
}
interface Transfer {
  torrent: number;
  file: SiteFile;
  got: number;
  peers: number;
  http: number;
  asked: Set<number>;
  link: number;
}
const kPiece = 65536;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const key = (torrent: number, file: number): string => `${torrent}/${file}`;

export class Engine {
  alive = true;
  private readonly out: Output[] = [];
  private readonly files = new Map<string, SiteFile>();
  private readonly links = new Map<number, { torrent: number; rest: Uint8Array }>();
  private readonly fetches = new Map<number, FetchRequested>();
  private readonly transfers = new Map<string, Transfer>();
  private readonly https = new Map<number, string>();
  private readonly loads = new Map<number, { link: number; head: Head }>();
  private readonly have = new Set<string>();
  private readonly torrents = new Set<number>();
  private readonly sum = { fromPeers: 0, fromHttp: 0, fromStore: 0, uploaded: 0 };
  private next = 1;

  readonly peerId: string;
  constructor(_module: ArrayBuffer, options: { peerId: string }) {
    this.peerId = options.peerId;
  }
  poll(): Output | null {
    return this.out.shift() ?? null;
  }
  nextWakeupUs(): number | null {
    return null;
  }

  handle(_nowUs: number, input: Input): void {
    switch (input.t) {
      case 'torrent-added': {
        const { files } = JSON.parse(decoder.decode(input.metainfo)) as { files: SiteFile[] };
        this.torrents.add(input.torrent);
        for (const file of files) this.files.set(key(input.torrent, file.file), file);
        const { torrent } = input;
        this.out.push({ t: 'torrent-ready', torrent, name: 'toy', pieceLength: kPiece, files });
        return;
      }
      case 'torrent-removed':
        this.torrents.delete(input.torrent);
        return;
      case 'file-kept':
        this.have.add(key(input.torrent, input.file));
        return;
      case 'tracker-changed':
        for (const torrent of input.up ? this.torrents : []) {
          const counts = { uploaded: 0, downloaded: 0, left: 1, want: 10 };
          this.out.push({ t: 'announce', torrent, event: 'started', ...counts });
        }
        return;
      case 'announce-reply':
        for (const peer of input.candidates) {
          this.out.push({ t: 'dial', dial: this.next++, torrent: input.torrent, peer });
        }
        return;
      case 'link-opened':
        this.links.set(input.link, { torrent: input.torrent, rest: new Uint8Array(0) });
        return;
      case 'link-closed':
        this.links.delete(input.link);
        for (const transfer of this.transfers.values()) {
          if (transfer.link === input.link) this.ask(transfer);
        }
        return;
      case 'link-bytes':
        return this.heard(input.link, input.bytes);
      case 'piece-loaded': {
        const { link, head } = this.loads.get(input.load)!;
        const found = input.bytes.length === head.size;
        if (found) this.sum.uploaded += head.size;
        return this.say(link, { ...head, m: found ? 'piece' : 'no' }, input.bytes.slice());
      }
      case 'fetch-requested':
        return this.want(input);
      case 'fetch-cancelled':
        this.fetches.delete(input.fetch);
        return;
      case 'http-bytes':
        return this.arrived(this.https.get(input.http)!, input.bytes, 'http');
      case 'http-ended': {
        const name = this.https.get(input.http)!;
        if (this.transfers.delete(name)) this.failed(name);
        return;
      }
      case 'stats-requested': {
        const peers = [...this.links.keys()].map((link) => ({
          ...{ link, peer: '', downloaded: 0, uploaded: 0, downBytesPerS: 0, upBytesPerS: 0 },
          ...{ rttUs: 0, chokedByPeer: false, seeding: false },
        }));
        const none = { wasted: 0, peersBanned: 0, fetchesOpen: this.fetches.size };
        this.out.push({ t: 'stats', ...this.sum, ...none, peers });
      }
    }
  }

  private want(request: FetchRequested): void {
    const name = key(request.torrent, request.file);
    const file = this.files.get(name)!;
    const { fetch, begin, end } = request;
    if (file.urlPath.includes('trap')) {
      this.alive = false;
      throw new EngineTrap('a toy that broke');
    }
    if (this.have.has(name)) {
      this.sum.fromStore += end - begin;
      this.out.push({ t: 'fetch-progress', fetch, readyUntil: end });
      this.out.push({ t: 'fetch-done', fetch, fromPeers: 0, fromHttp: 0, fromStore: end - begin });
      return;
    }
    this.fetches.set(fetch, request);
    if (this.transfers.has(name)) return;
    const none = { got: 0, peers: 0, http: 0, asked: new Set<number>(), link: 0 };
    const transfer: Transfer = { torrent: request.torrent, file, ...none };
    this.transfers.set(name, transfer);
    this.ask(transfer);
  }

  private ask(transfer: Transfer): void {
    const { torrent, file, got, asked } = transfer;
    const link = [...this.links.keys()].find((id) => !asked.has(id));
    if (link !== undefined) {
      asked.add(link);
      transfer.link = link;
      const size = Math.min(kPiece, file.size - got);
      return this.say(link, { m: 'ask', file: file.file, at: got, size }, new Uint8Array(0));
    }
    const http = this.next++;
    this.https.set(http, key(torrent, file.file));
    const range = { begin: got, end: file.size, whole: got === 0, urgency: 'normal' } as const;
    this.out.push({ t: 'http-get', http, torrent, file: file.file, ...range });
  }

  private arrived(name: string, bytes: Uint8Array, from: 'peers' | 'http'): void {
    const transfer = this.transfers.get(name);
    if (!transfer) return;
    const { torrent, file } = transfer;
    const where = { torrent, file: file.file };
    this.out.push({ t: 'store-write', ...where, offset: transfer.got, bytes: bytes.slice() });
    transfer.got += bytes.length;
    transfer[from] += bytes.length;
    this.sum[from === 'peers' ? 'fromPeers' : 'fromHttp'] += bytes.length;
    const waiting = [...this.fetches.values()].filter((f) => key(f.torrent, f.file) === name);
    for (const { fetch, begin, end } of waiting) {
      const readyUntil = Math.min(end, Math.max(begin, transfer.got));
      this.out.push({ t: 'fetch-progress', fetch, readyUntil });
    }
    if (transfer.got < file.size) return;
    this.have.add(name);
    this.transfers.delete(name);
    this.out.push({ t: 'file-complete', ...where });
    for (const { fetch } of waiting) {
      this.fetches.delete(fetch);
      const { peers: fromPeers, http: fromHttp } = transfer;
      this.out.push({ t: 'fetch-done', fetch, fromPeers, fromHttp, fromStore: 0 });
    }
  }

  private failed(name: string): void {
    for (const { fetch, torrent, file } of [...this.fetches.values()]) {
      if (key(torrent, file) !== name) continue;
      this.fetches.delete(fetch);
      this.out.push({ t: 'fetch-failed', fetch, reason: 'http_failed' });
    }
  }

  /** A message: sizes of head and body (u32 each), head as JSON, body. */
  private say(link: number, head: Head, body: Uint8Array): void {
    const json = encoder.encode(JSON.stringify(head));
    const bytes = new Uint8Array(8 + json.length + body.length);
    new DataView(bytes.buffer).setUint32(0, json.length);
    new DataView(bytes.buffer).setUint32(4, body.length);
    bytes.set(json, 8);
    bytes.set(body, 8 + json.length);
    if (this.links.has(link)) this.out.push({ t: 'link-send', link, bytes });
  }

  private heard(link: number, more: Uint8Array): void {
    const state = this.links.get(link);
    if (!state) return;
    let bytes = new Uint8Array(state.rest.length + more.length);
    bytes.set(state.rest);
    bytes.set(more, state.rest.length);
    for (;;) {
      if (bytes.length < 8) break;
      const sizes = new DataView(bytes.buffer, bytes.byteOffset);
      const headEnd = 8 + sizes.getUint32(0);
      const end = headEnd + sizes.getUint32(4);
      if (bytes.length < end) break;
      const head = JSON.parse(decoder.decode(bytes.subarray(8, headEnd))) as Head;
      this.message(link, state.torrent, head, bytes.slice(headEnd, end));
      bytes = bytes.slice(end);
    }
    state.rest = bytes;
  }

  private message(link: number, torrent: number, head: Head, body: Uint8Array): void {
    const name = key(torrent, head.file);
    const transfer = this.transfers.get(name);
    if (head.m === 'ask' && this.have.has(name)) {
      const load = this.next++;
      this.loads.set(load, { link, head });
      const { file, at: offset, size } = head;
      this.out.push({ t: 'piece-load', load, torrent, file, offset, size });
    } else if (head.m === 'ask') {
      this.say(link, { ...head, m: 'no' }, new Uint8Array(0));
    } else if (transfer) {
      if (head.m === 'piece') {
        this.arrived(name, body, 'peers');
        transfer.asked.delete(link);
      }
      if (this.transfers.has(name)) this.ask(transfer);
    }
  }
}
