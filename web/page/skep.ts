/**
 * skep.ts: the loader, the only script a page waits for: puts `skep` into the page and starts the
 * runtime once the page has loaded.
 * CONTRACT  never throws, never delays the page; `ready` resolves within kReadyMs whatever happens.
 * LIMITS    at most 5 KB, compressed (build.mjs checks).
 */
import type { Ready, Skep, SkepRequestInit, Stats } from '../types/skep.js';
import type { Options } from '../messages.js';
import { readOptions } from './options.js';

/** Replaced by build.mjs: the runtime's hashed file names. */
declare const PAGE_FILE: string;
declare const WORKER_FILE: string;
declare const ENGINE_FILE: string;

const kReadyMs = 1950;
/** A page that is still loading then gets the runtime beside it. */
const kLoadMs = 600;
/** The `stats` event; stats() itself is as new as it can be. */
const kStatsMs = 900;

/** What the runtime gets from the loader, and how it answers. */
export interface Loader {
  base: string;
  options: Options;
  /** The site's own service worker, which is to import ours. */
  siteWorker: string | undefined;
  worker: string;
  engine: string;
  state(state: Ready): void;
  stats(stats: Stats): void;
  emit(type: string, detail: unknown): void;
}

const base = new URL('.', import.meta.url).href;
const target = new EventTarget();
const emit = (type: string, detail: unknown): void =>
  void target.dispatchEvent(new CustomEvent(type, { detail }));

let state: Ready = { mode: 'off', reason: 'starting' };
let stats: Stats = {
  bytes: { origin: 0, peer: 0, store: 0 },
  rates: { originBytesPerS: 0, peerBytesPerS: 0, uploadBytesPerS: 0 },
  uploaded: 0,
  peers: [],
  leader: false,
};

let statsTold = -kStatsMs;

let settle: (ready: Ready) => void = () => {};
const ready = new Promise<Ready>((resolve) => (settle = resolve));
setTimeout(() => settle({ ...state, reason: `not ready in time: ${state.reason}` }), kReadyMs);

function setState(next: Ready): void {
  const changed = next.mode !== state.mode || next.reason !== state.reason;
  state = next;
  settle(next);
  if (changed) emit('state', next);
}

function skepFetch(
  url: string | URL,
  { urgency, ...init }: SkepRequestInit = {},
): Promise<Response> {
  const absolute = new URL(url, document.baseURI);
  if (urgency === undefined || !absolute.href.startsWith(base)) return fetch(absolute, init);
  const headers = new Headers(init.headers);
  headers.set('Skep', urgency);
  return fetch(absolute, { ...init, headers });
}

const skep: Skep = {
  ready,
  get state() {
    return state;
  },
  fetch: skepFetch,
  stats: () => stats,
  addEventListener: target.addEventListener.bind(target) as Skep['addEventListener'],
  removeEventListener: target.removeEventListener.bind(target) as Skep['removeEventListener'],
};

/** The script tag that names this file. */
const tag = [...document.scripts].find((script) => script.src === import.meta.url);
const runtimeFile = (file: string): string => `${base}.well-known/skep/${file}`;

async function start(): Promise<void> {
  if (!isSecureContext) throw new Error('not a secure context');
  if (!navigator.serviceWorker) throw new Error('no service workers here');
  if (typeof RTCPeerConnection === 'undefined') throw new Error('no WebRTC here');
  const data: { [name: string]: string | undefined } = tag?.dataset ?? {};
  const loader: Loader = {
    base,
    options: readOptions(data),
    siteWorker: data['sw'],
    worker: runtimeFile(WORKER_FILE),
    engine: runtimeFile(ENGINE_FILE),
    state: setState,
    stats(next) {
      stats = next;
      if (performance.now() - statsTold < kStatsMs) return;
      statsTold = performance.now();
      emit('stats', next);
    },
    emit,
  };
  const page = (await import(runtimeFile(PAGE_FILE))) as { start(loader: Loader): Promise<void> };
  await page.start(loader);
}

// A page that has two tags gets one Skep.
if (!globalThis.skep) {
  globalThis.skep = skep;
  const begin = (): void => {
    start().catch((error: unknown) =>
      setState({ mode: 'off', reason: error instanceof Error ? error.message : String(error) }),
    );
  };
  const loaded = new Promise((resolve) => {
    if (document.readyState === 'complete') resolve(null);
    else addEventListener('load', resolve, { once: true });
    setTimeout(resolve, kLoadMs);
  });
  // After the handlers of load, and after what they painted, if that takes no time.
  void loaded.then(() =>
    'requestIdleCallback' in globalThis ? requestIdleCallback(begin, { timeout: 200 }) : begin(),
  );
}
