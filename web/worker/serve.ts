/**
 * serve.ts: answers the service worker: verified bytes of a file, as they become ready.
 * CONTRACT  only bytes that the engine reported as verified are read, from the store, and only as
 *           many chunks are sent as were asked for. A stream ends in `end`, `fail` or `miss`.
 * SPEC      docs/formats/realms.md.    LIMITS  kChunk per message; kIdleMs without a pull.
 */
import type { FetchDone, FetchFailed, FetchProgress, Input, SiteFile } from '../engine/io.js';
import type { Asset, SwToWorker, Urgency, WorkerToSw } from '../messages.js';
import { pathUrl } from '../place.js';
import type { Catalog } from './catalog.js';
import type { Store } from './store.js';

/** Larger than a piece, so that reading back costs little; small enough to flow. */
const kChunk = 256 * 1024;
/** A reader that asks for nothing for so long is gone (a service worker that was stopped). */
const kIdleMs = 120_000;
/** The engine's own deadline for what is small and normal. */
const kDueUs = 4_000_000;

type Ended = { t: 'end' } | { t: 'fail'; mismatch: boolean };
interface Stream {
  /** Of the fetch in the engine; the service worker's id is `id`. */
  fetch: number;
  id: number;
  port: MessagePort | null;
  file: SiteFile;
  begin: number;
  end: number;
  sent: number;
  ready: number;
  chunks: number;
  headed: boolean;
  ended: Ended | null;
  reading: boolean;
  idle: ReturnType<typeof setTimeout> | undefined;
  over: (() => void) | undefined;
}

export class Serve {
  private readonly streams = new Map<number, Stream>();
  private port: MessagePort | null = null;
  private next = 1;

  constructor(
    private readonly base: string,
    private readonly catalog: Catalog,
    private readonly store: Store,
    private readonly deadlineUs: number,
    private readonly put: (input: Input) => void,
    private readonly onAsset: (asset: Asset) => void,
  ) {}

  /** The service worker's port; a new one means that the old one's reader is gone. */
  attach(port: MessagePort): void {
    for (const stream of [...this.streams.values()]) if (stream.port) this.drop(stream, true);
    this.port?.close();
    this.port = port;
    port.onmessage = ({ data }: MessageEvent<SwToWorker>) => this.receive(port, data);
  }
  /** Says something to the service worker, if there is one. */
  tell(message: WorkerToSw): void {
    this.port?.postMessage(message);
  }

  /** Bytes of a file that the store does not have. */
  sizeOf(path: string): number {
    const file = this.catalog.find(path)?.file;
    return !file || this.store.has(file.root) ? 0 : file.size;
  }
  /** A whole file, to have and to share; nobody reads it. Settles when that is over. */
  async prefetch(path: string): Promise<void> {
    if (this.sizeOf(path) === 0) return;
    await new Promise<void>((over) => this.open(null, 0, path, 0, null, 'prefetch', over));
  }
  /** Visitors look at these, which are under way: they come before what else was asked for. */
  prefer(urls: string[]): void {
    for (const { port, file, begin, end, ended } of [...this.streams.values()]) {
      if (!port || ended || !urls.includes(pathUrl(this.base, file.urlPath))) continue;
      // A second fetch of the same bytes, due earlier; the first is served by what it brings.
      const due = (this.deadlineUs || kDueUs) / 2;
      this.open(null, 0, file.urlPath, begin, end, 'normal', undefined, due);
    }
  }

  progress({ fetch, readyUntil }: FetchProgress): void {
    const stream = this.streams.get(fetch);
    if (!stream) return;
    stream.ready = Math.max(stream.ready, readyUntil);
    void this.flow(stream);
  }
  done({ fetch, fromPeers, fromHttp, fromStore }: FetchDone): void {
    const stream = this.streams.get(fetch);
    if (!stream) return;
    const { file } = stream;
    if (stream.port) {
      this.onAsset({
        url: pathUrl(this.base, file.urlPath),
        size: stream.end - stream.begin,
        origin: fromHttp,
        peer: fromPeers,
        store: fromStore,
      });
    }
    stream.ready = stream.end;
    stream.ended = { t: 'end' };
    void this.flow(stream);
  }
  failed({ fetch, reason }: FetchFailed): void {
    const stream = this.streams.get(fetch);
    if (!stream) return;
    stream.ended = { t: 'fail', mismatch: reason === 'http_mismatch' };
    void this.flow(stream);
  }

  private receive(port: MessagePort, message: SwToWorker): void {
    if (message.t === 'open') {
      const { id, path, begin, end, urgency } = message;
      return this.open(port, id, path, begin, end, urgency);
    }
    const stream = [...this.streams.values()].find((s) => s.id === message.id && s.port === port);
    if (!stream) return;
    if (message.t === 'cancel') return this.drop(stream, true);
    stream.chunks += message.chunks;
    this.touch(stream);
    void this.flow(stream);
  }

  private open(
    port: MessagePort | null,
    id: number,
    path: string,
    begin: number,
    end: number | null,
    urgency: Urgency,
    over?: () => void,
    deadline = this.deadlineUs,
  ): void {
    const found = this.catalog.find(path);
    if (!found) return void port?.postMessage({ t: 'miss', id } satisfies WorkerToSw);
    const stop = Math.min(end ?? found.file.size, found.file.size);
    const fetch = this.next;
    this.next += 1;
    const stream: Stream = {
      fetch,
      id,
      port,
      file: found.file,
      begin,
      end: stop,
      sent: begin,
      ready: begin,
      chunks: 0,
      headed: false,
      ended: null,
      reading: false,
      idle: undefined,
      over,
    };
    this.streams.set(fetch, stream);
    if (port) this.touch(stream);
    this.put({
      t: 'fetch-requested',
      fetch,
      torrent: found.torrent,
      file: found.file.file,
      begin,
      end: stop,
      urgency,
      deadline,
    });
  }

  /** Sends what is ready and asked for; ends the stream when all of it was sent. */
  private async flow(stream: Stream): Promise<void> {
    const { port, id } = stream;
    if (!port) {
      if (stream.ended) this.drop(stream, false);
      return;
    }
    if (stream.reading) return;
    stream.reading = true;
    while (stream.chunks > 0 && stream.sent < stream.ready && this.streams.has(stream.fetch)) {
      const count = Math.min(kChunk, stream.ready - stream.sent);
      const { root, size } = stream.file;
      const bytes = await this.store.read(root, size, stream.sent, count);
      if (bytes.length !== count) {
        stream.ended = { t: 'fail', mismatch: false };
        stream.ready = stream.sent;
        break;
      }
      this.head(stream);
      stream.sent += count;
      stream.chunks -= 1;
      port.postMessage({ t: 'chunk', id, bytes } satisfies WorkerToSw, [bytes.buffer]);
    }
    stream.reading = false;
    if (!stream.ended || !this.streams.has(stream.fetch) || stream.sent < stream.ready) return;
    if (stream.ended.t === 'end') this.head(stream);
    else if (!stream.headed) {
      port.postMessage({ t: 'miss', id } satisfies WorkerToSw);
      return this.drop(stream, false);
    }
    port.postMessage({ ...stream.ended, id } satisfies WorkerToSw);
    this.drop(stream, false);
  }

  private head(stream: Stream): void {
    if (!stream.headed) stream.port?.postMessage({ t: 'head', id: stream.id } satisfies WorkerToSw);
    stream.headed = true;
  }

  private touch(stream: Stream): void {
    clearTimeout(stream.idle);
    stream.idle = setTimeout(() => this.drop(stream, true), kIdleMs);
  }

  private drop(stream: Stream, cancel: boolean): void {
    clearTimeout(stream.idle);
    stream.over?.();
    if (!this.streams.delete(stream.fetch) || !cancel || stream.ended) return;
    this.put({ t: 'fetch-cancelled', fetch: stream.fetch });
  }
}
