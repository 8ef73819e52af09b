/**
 * serve.ts: answers the service worker: verified bytes of a file, as they become ready.
 * CONTRACT  only bytes that the engine reported as verified are read, from the store, and only as
 *           many chunks are sent as were asked for. A stream ends in `end`, `fail` or `miss`.
 * SPEC      docs/formats/realms.md.    LIMITS  kChunk per message; kIdleMs without a pull.
 */
import type { FetchDone, FetchFailed, FetchProgress, SiteFile } from '../engine/io.js';
import type { SwToWorker, Urgency, WorkerToSw } from '../messages.js';
import { pathUrl } from '../place.js';
import * as catalog from './catalog.js';
import * as here from './here.js';
import { put } from './pump.js';
import * as store from './store.js';

/** Larger than a piece, so that reading back costs little; small enough to flow. */
const kChunk = 256 * 1024;
/** A reader that asks for nothing for so long is gone (a service worker that was stopped). */
const kIdleMs = 120_000;
/** The engine's own deadline for what is small and normal. */
const kDueUs = 4_000_000;

/** What the page's tag says, or 0. */
const deadlineUs = (): number => Math.round((here.options.deadlineMs ?? 0) * 1000);

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

const streams = new Map<number, Stream>();
let port: MessagePort | null = null;
let next = 1;

/** The service worker's port; a new one means that the old one's reader is gone. */
export function attach(fresh: MessagePort): void {
  for (const stream of [...streams.values()]) if (stream.port) drop(stream, true);
  port?.close();
  port = fresh;
  fresh.onmessage = ({ data }: MessageEvent<SwToWorker>) => receive(fresh, data);
}
/** Says something to the service worker, if there is one. */
export function tell(message: WorkerToSw): void {
  port?.postMessage(message);
}

/** Bytes of a file that the store does not have. */
export function sizeOf(path: string): number {
  const file = catalog.find(path)?.file;
  return !file || store.has(file.root) ? 0 : file.size;
}
/** A whole file, to have and to share; nobody reads it. Settles when that is over. */
export async function prefetch(path: string): Promise<void> {
  if (sizeOf(path) === 0) return;
  await new Promise<void>((over) => open(null, 0, path, 0, null, 'prefetch', over));
}
/** Visitors look at these, which are under way: they come before what else was asked for. */
export function prefer(urls: string[]): void {
  for (const { port, file, begin, end, ended } of [...streams.values()]) {
    if (!port || ended || !urls.includes(pathUrl(here.base, file.urlPath))) continue;
    // A second fetch of the same bytes, due earlier; the first is served by what it brings.
    const due = (deadlineUs() || kDueUs) / 2;
    open(null, 0, file.urlPath, begin, end, 'normal', undefined, due);
  }
}

export function progress({ fetch, readyUntil }: FetchProgress): void {
  const stream = streams.get(fetch);
  if (!stream) return;
  stream.ready = Math.max(stream.ready, readyUntil);
  void flow(stream);
}
export function done({ fetch, fromPeers, fromHttp, fromStore }: FetchDone): void {
  const stream = streams.get(fetch);
  if (!stream) return;
  const { file } = stream;
  if (stream.port) {
    const asset = {
      url: pathUrl(here.base, file.urlPath),
      size: stream.end - stream.begin,
      origin: fromHttp,
      peer: fromPeers,
      store: fromStore,
    };
    here.tell({ t: 'asset', asset, by: 'engine' });
  }
  stream.ready = stream.end;
  stream.ended = { t: 'end' };
  void flow(stream);
}
export function failed({ fetch, reason }: FetchFailed): void {
  const stream = streams.get(fetch);
  if (!stream) return;
  stream.ended = { t: 'fail', mismatch: reason === 'http_mismatch' };
  void flow(stream);
}

function receive(port: MessagePort, message: SwToWorker): void {
  if (message.t === 'open') {
    const { id, path, begin, end, urgency } = message;
    return open(port, id, path, begin, end, urgency);
  }
  const stream = [...streams.values()].find((s) => s.id === message.id && s.port === port);
  if (!stream) return;
  if (message.t === 'cancel') return drop(stream, true);
  stream.chunks += message.chunks;
  touch(stream);
  void flow(stream);
}

function open(
  port: MessagePort | null,
  id: number,
  path: string,
  begin: number,
  end: number | null,
  urgency: Urgency,
  over?: () => void,
  deadline = deadlineUs(),
): void {
  const found = catalog.find(path);
  if (!found) return void port?.postMessage({ t: 'miss', id } satisfies WorkerToSw);
  const stop = Math.min(end ?? found.file.size, found.file.size);
  const fetch = next;
  next += 1;
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
  streams.set(fetch, stream);
  if (port) touch(stream);
  put({
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
async function flow(stream: Stream): Promise<void> {
  const { port, id } = stream;
  if (!port) {
    if (stream.ended) drop(stream, false);
    return;
  }
  if (stream.reading) return;
  stream.reading = true;
  while (stream.chunks > 0 && stream.sent < stream.ready && streams.has(stream.fetch)) {
    const count = Math.min(kChunk, stream.ready - stream.sent);
    const { root, size } = stream.file;
    const bytes = await store.read(root, size, stream.sent, count);
    if (bytes.length !== count) {
      stream.ended = { t: 'fail', mismatch: false };
      stream.ready = stream.sent;
      break;
    }
    head(stream);
    stream.sent += count;
    stream.chunks -= 1;
    port.postMessage({ t: 'chunk', id, bytes } satisfies WorkerToSw, [bytes.buffer]);
  }
  stream.reading = false;
  if (!stream.ended || !streams.has(stream.fetch) || stream.sent < stream.ready) return;
  if (stream.ended.t === 'end') head(stream);
  else if (!stream.headed) {
    port.postMessage({ t: 'miss', id } satisfies WorkerToSw);
    return drop(stream, false);
  }
  port.postMessage({ ...stream.ended, id } satisfies WorkerToSw);
  drop(stream, false);
}

function head(stream: Stream): void {
  if (!stream.headed) stream.port?.postMessage({ t: 'head', id: stream.id } satisfies WorkerToSw);
  stream.headed = true;
}

function touch(stream: Stream): void {
  clearTimeout(stream.idle);
  stream.idle = setTimeout(() => drop(stream, true), kIdleMs);
}

function drop(stream: Stream, cancel: boolean): void {
  clearTimeout(stream.idle);
  stream.over?.();
  if (!streams.delete(stream.fetch) || !cancel || stream.ended) return;
  put({ t: 'fetch-cancelled', fetch: stream.fetch });
}
