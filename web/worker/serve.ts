/**
 * serve.ts: answers the service worker: verified bytes of a file, as they become ready.
 * CONTRACT  only bytes that the engine reported as verified are read, from the store, and only as
 *           many chunks are sent as were asked for. A stream ends in `end`, `fail` or `miss`.
 * SPEC      docs/formats/realms.md.    LIMITS  kChunk per message; kIdleMs without a pull.
 */
import type { FetchDone, FetchFailed, FetchProgress, SiteFile } from '../engine/io.js';
import type { SwToWorker, WorkerToSw } from '../messages.js';
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
const kDueMs = 4000;

type Ask = Extract<SwToWorker, { t: 'open' }>;
interface Stream {
  /** The fetch in the engine; the service worker's own number is `id`. */
  fetch: number;
  id: number;
  /** Null: nobody reads it. */
  port: MessagePort | null;
  file: SiteFile;
  begin: number;
  end: number;
  sent: number;
  ready: number;
  chunks: number;
  headed: boolean;
  ended: { t: 'end' } | { t: 'fail'; mismatch: boolean } | null;
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
  const ask = { path, begin: 0, end: null, urgency: 'prefetch' } as const;
  await new Promise<void>((over) => open(ask, 0, over));
}
/** Visitors look at these, which are under way: they come before what else was asked for. */
export function prefer(urls: string[]): void {
  const due = Math.round((here.options.deadlineMs || kDueMs) * 500);
  for (const { port, file, begin, end, ended } of [...streams.values()]) {
    if (!port || ended || !urls.includes(pathUrl(here.base, file.urlPath))) continue;
    // A second fetch of the same bytes, due earlier; the first is served by what it brings.
    open({ path: file.urlPath, begin, end, urgency: 'normal' }, due);
  }
}

export const progress = ({ fetch, readyUntil }: FetchProgress): void =>
  advance(fetch, (stream) => (stream.ready = Math.max(stream.ready, readyUntil)));
export const done = ({ fetch, fromPeers, fromHttp, fromStore }: FetchDone): void =>
  advance(fetch, (stream) => {
    const { port, file, begin, end } = stream;
    const url = pathUrl(here.base, file.urlPath);
    const from = { origin: fromHttp, peer: fromPeers, store: fromStore };
    if (port) here.tell({ t: 'asset', asset: { url, size: end - begin, ...from }, by: 'engine' });
    stream.ready = end;
    stream.ended = { t: 'end' };
  });
export const failed = ({ fetch, reason }: FetchFailed): void =>
  advance(fetch, (stream) => {
    stream.ended = { t: 'fail', mismatch: reason === 'http_mismatch' };
  });

/** The engine says something about a fetch. */
function advance(fetch: number, note: (stream: Stream) => void): void {
  const stream = streams.get(fetch);
  if (!stream) return;
  note(stream);
  void flow(stream);
}

function receive(from: MessagePort, message: SwToWorker): void {
  if (message.t === 'open') {
    const { deadlineMs = 0 } = here.options;
    return open(message, Math.round(deadlineMs * 1000), undefined, from, message.id);
  }
  const stream = [...streams.values()].find((s) => s.id === message.id && s.port === from);
  if (!stream) return;
  if (message.t === 'cancel') return drop(stream, true);
  stream.chunks += message.chunks;
  touch(stream);
  void flow(stream);
}

/** `deadline` in microseconds; 0: the engine's own. */
function open(
  { path, begin, end: asked, urgency }: Omit<Ask, 't' | 'id'>,
  deadline: number,
  over?: () => void,
  port: MessagePort | null = null,
  id = 0,
): void {
  const found = catalog.find(path);
  if (!found) return port?.postMessage({ t: 'miss', id } satisfies WorkerToSw);
  const { torrent, file } = found;
  const end = Math.min(asked ?? file.size, file.size);
  const fetch = next;
  next += 1;
  const stream: Stream = {
    fetch,
    id,
    port,
    file,
    begin,
    end,
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
  put({ t: 'fetch-requested', fetch, torrent, file: file.file, begin, end, urgency, deadline });
}

/** Sends what is ready and asked for; ends the stream when all of it was sent. */
async function flow(stream: Stream): Promise<void> {
  const { port, id, fetch, file } = stream;
  const say = (message: WorkerToSw, transfer: Transferable[] = []): void =>
    port?.postMessage(message, transfer);
  const head = (): void => {
    if (!stream.headed) say({ t: 'head', id });
    stream.headed = true;
  };
  if (stream.reading) return;
  stream.reading = true;
  while (stream.chunks > 0 && stream.sent < stream.ready && streams.has(fetch)) {
    const count = Math.min(kChunk, stream.ready - stream.sent);
    const bytes = await store.read(file.root, file.size, stream.sent, count);
    if (bytes.length !== count) {
      stream.ended = { t: 'fail', mismatch: false };
      stream.ready = stream.sent;
      break;
    }
    head();
    stream.sent += count;
    stream.chunks -= 1;
    say({ t: 'chunk', id, bytes }, [bytes.buffer]);
  }
  stream.reading = false;
  if (!stream.ended || !streams.has(fetch) || (port && stream.sent < stream.ready)) return;
  if (stream.ended.t === 'end') head();
  if (stream.headed) say({ ...stream.ended, id });
  else say({ t: 'miss', id });
  drop(stream, false);
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
