/**
 * engine-link.ts: the service worker's way to the engine: a port that a page handed over.
 * CONTRACT  nothing here matters: a lost port is asked for again, a dead engine means plain HTTP.
 *           Streams of an engine that died fail at once (its lock is released). The lock is waited
 *           for only meanwhile: a page whose lock somebody waits for leaves the back/forward cache.
 * LIMITS    kAskMs for a port; kFirstMs for the first byte; kAhead chunks on
 *           their way per stream.
 */
import type { SwToPage, SwToWorker, Urgency, WorkerToSw } from '../messages.js';
import { engineLock } from '../place.js';
import { Chunks } from './chunks.js';
import { version, vouched } from './version.js';
import { base, scope } from './worker-scope.js';

const kAskMs = 100;
/** The engine itself turns to HTTP when a deadline is at risk; this is for one that hangs. */
const kFirstMs = 8000;
const kAhead = 4;
const kServingMs = 800;
const kAgainMs = 10;

interface Stream {
  chunks: Chunks;
  begun: (answered: boolean) => void;
}

let port: MessagePort | null = null;
let nextId = 1;
const streams = new Map<number, Stream>();
let asking: Promise<void> | null = null;
let arrived: (() => void) | null = null;
let watch: AbortController | null = null;

/** Waits, as long as there are streams, for the lock that the engine's worker holds while it lives. */
function watching(): void {
  if (!streams.size) {
    watch?.abort();
    watch = null;
    return;
  }
  if (watch) return;
  const watched = port;
  watch = new AbortController();
  navigator.locks
    .request(engineLock(base), { mode: 'shared', signal: watch.signal }, () => lose(watched))
    .catch(() => {});
}

function finished(id: number): void {
  streams.delete(id);
  watching();
}

function receive(message: WorkerToSw): void {
  if (message.t === 'map') return void vouched(message.seq);
  const stream = streams.get(message.id);
  if (!stream) return;
  if (message.t === 'head') return stream.begun(true);
  if (message.t === 'chunk') return stream.chunks.push(message.bytes);
  finished(message.id);
  if (message.t === 'miss') stream.begun(false);
  else if (message.t === 'end') stream.chunks.end();
  else stream.chunks.fail(message.mismatch);
}

/** The engine of this port is gone. */
function lose(lost: MessagePort | null): void {
  if (!lost || port !== lost) return;
  port = null;
  lost.close();
  for (const stream of streams.values()) {
    stream.begun(false);
    stream.chunks.fail();
  }
  streams.clear();
  watching();
}

/** A page says: here is the engine. */
export function attach(fresh: MessagePort): void {
  lose(port);
  port = fresh;
  fresh.onmessage = ({ data }: MessageEvent<WorkerToSw>) => receive(data);
  arrived?.();
}
/** A page says: there is none any more. */
export const detach = (): void => lose(port);

async function ask(): Promise<void> {
  const { held } = await navigator.locks.query();
  if (!held?.some(({ name, mode }) => name === engineLock(base) && mode === 'exclusive')) return;
  const pages = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const message: SwToPage = { t: 'ask-port' };
  await new Promise<void>((resolve) => {
    arrived = resolve;
    setTimeout(resolve, kAskMs);
    for (const page of pages) if (page.url.startsWith(base)) page.postMessage(message);
  });
}

/** True when there is an engine to talk to; asks the pages once if we were restarted. */
export async function reachable(): Promise<boolean> {
  if (port) return true;
  asking ??= ask().finally(() => (asking = null));
  await asking;
  return port !== null;
}

/** Resolves when a request for a shared file would reach the engine, or after kServingMs. */
export async function serving(): Promise<void> {
  const end = Date.now() + kServingMs;
  while (Date.now() < end) {
    if ((await reachable()) && (await version()) === 'current') return;
    await new Promise((resolve) => setTimeout(resolve, kAgainMs));
  }
}

/** Opens a stream; null when the engine has no answer and the network must be asked. */
export async function open(
  path: string,
  begin: number,
  end: number | null,
  urgency: Urgency,
): Promise<Chunks | null> {
  const through = port;
  if (!through) return null;
  const id = nextId;
  nextId += 1;
  const say = (message: SwToWorker): void => through.postMessage(message);
  const chunks = new Chunks(
    () => void (streams.has(id) && say({ t: 'pull', id, chunks: 1 })),
    () => {
      if (!streams.has(id)) return;
      finished(id);
      say({ t: 'cancel', id });
    },
  );
  const begun = await new Promise<boolean>((resolve) => {
    streams.set(id, { chunks, begun: resolve });
    watching();
    setTimeout(resolve, kFirstMs, false);
    say({ t: 'open', id, path, begin, end, urgency });
    say({ t: 'pull', id, chunks: kAhead });
  });
  if (!begun) chunks.cancel();
  return begun ? chunks : null;
}
