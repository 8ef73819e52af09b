/**
 * skep.ts: the loader, the only script a page waits for: puts `skep` into the page and starts the
 * runtime once the page has loaded.
 * CONTRACT  never throws, never delays the page; `ready` resolves within kReadyMs whatever happens.
 * LIMITS    at most 5 KB, compressed (build.mjs checks).
 */
import type { Ready, Skep, SkepRequestInit, Stats } from '../types/skep.js';
import { Choices } from './choice.js';
import type { Decision } from './policy.js';

/** Replaced by build.mjs: the runtime's hashed file names. */
declare const RUNTIME_FILE: string;
declare const ENGINE_FILE: string;
declare const MORE: {
  [name in 'consent' | 'diagnose' | 'off' | 'panel' | 'trace' | 'uninstall']: string;
};

const kReadyMs = 1950;
/** An origin that takes longer to show its pointer does not delay the start. */
const kPointerMs = 1000;
/** pointer.ts has the same words, and more than a loader needs. */
const kSwitchedOff = 'the site has switched Skep off';
/** A page that is still loading then gets the runtime beside it. */
const kLoadMs = 600;
/** The `stats` event; stats() itself is as new as it can be. */
const kStatsMs = 900;

/** What the runtime and the modules of more/ get from the loader, and how they answer. */
export interface Loader {
  base: string;
  /** The attributes of the script tag (options.ts). */
  data: { [name: string]: string | undefined };
  choices: Choices;
  /** The site's own service worker, which is to import ours. */
  siteWorker: string | undefined;
  runtime: string;
  engine: string;
  /** The pointer as the origin has it, fetched a moment ago. */
  pointer: Uint8Array<ArrayBuffer> | null;
  /** The module with the recorder, when the engine is to be recorded. */
  trace: string | undefined;
  /** What the runtime has decided about peers. */
  decision: Decision | null;
  /** The visitor has made a choice. */
  changed(): void;
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

/** The script tag that names this file. */
const tag = [...document.scripts].find((script) => script.src === import.meta.url);
const data: Loader['data'] = tag?.dataset ?? {};
const runtimeFile = (file: string): string => `${base}.well-known/skep/${file}`;
const choices = new Choices(base);
const loader: Loader = {
  base,
  data,
  choices,
  siteWorker: data['sw'],
  runtime: runtimeFile(RUNTIME_FILE),
  engine: runtimeFile(ENGINE_FILE),
  pointer: null,
  trace: undefined,
  decision: null,
  changed: () => {},
  state: setState,
  stats(next) {
    stats = next;
    if (performance.now() - statsTold < kStatsMs) return;
    statsTold = performance.now();
    emit('stats', next);
  },
  emit,
};

/** What only some visitors need is loaded when it is asked for. */
async function more<T>(file: string, options?: unknown): Promise<T> {
  const module = (await import(runtimeFile(file))) as {
    run(loader: Loader, options: unknown): Promise<T>;
  };
  return module.run(loader, options);
}

const skep: Skep = {
  ready,
  get state() {
    return state;
  },
  fetch: skepFetch,
  stats: () => stats,
  pause() {
    choices.set('paused');
    loader.changed();
  },
  resume() {
    const away = choices.has('uninstalled');
    choices.set(null, 'paused', 'uninstalled');
    loader.changed();
    if (away) begin();
  },
  uninstall: (options) => more(MORE.uninstall, options),
  consent(agreed) {
    choices.set(agreed ? 'agreed' : 'declined', 'agreed', 'declined');
    loader.changed();
    emit('consent', agreed);
  },
  panel: () => more(MORE.panel),
  diagnose: (options) => more(MORE.diagnose, options),
  trace: () => more(MORE.trace),
  addEventListener: target.addEventListener.bind(target) as Skep['addEventListener'],
  removeEventListener: target.removeEventListener.bind(target) as Skep['removeEventListener'],
};

/**
 * The publisher's switch. No signature is checked: a pointer whose signature is wrong means plain HTTP,
 * too. Whatever else of Skep is broken, this is not.
 */
async function switchedOff(): Promise<boolean> {
  try {
    const response = await fetch(runtimeFile('latest'), {
      cache: 'no-store',
      headers: { Skep: 'engine' },
      signal: AbortSignal.timeout(kPointerMs),
    });
    if (!response.ok) return false; // who is to believe it finds out
    loader.pointer = new Uint8Array(await response.arrayBuffer());
    return new TextDecoder('latin1').decode(loader.pointer).includes('3:offi');
  } catch {
    return false; // nobody answers: off line
  }
}

/** The visitor is to be told, or asked, and was not yet. */
const unanswered = (consent: string | undefined): boolean =>
  (consent === 'ask' || (consent === 'notice' && !choices.has('told'))) &&
  !choices.has('agreed') &&
  !choices.has('declined');

/** A person may put ?skep=off, or ?skep=trace, behind the page's address. */
const asks = (what: string): boolean => new URLSearchParams(location.search).get('skep') === what;

async function start(): Promise<void> {
  if (asks('off')) await more(MORE.uninstall, { forGood: true });
  if (choices.has('uninstalled')) throw new Error('uninstalled here');
  if (!isSecureContext) throw new Error('not a secure context');
  const { serviceWorker } = navigator;
  if (!serviceWorker) throw new Error('no service workers here');
  const off = switchedOff();
  const runtime = import(loader.runtime);
  runtime.catch(() => {});
  if (await off) {
    const registration = await serviceWorker.getRegistration(base);
    if (registration?.active?.scriptURL === `${base}skep-sw.js`) await registration.unregister();
    more(MORE.off).catch(() => {});
    throw new Error(kSwitchedOff);
  }
  if (typeof RTCPeerConnection === 'undefined') throw new Error('no WebRTC here');
  if (asks('trace') || choices.has('trace') || 'trace' in data)
    loader.trace = runtimeFile(MORE.trace);
  await runtime;
  await globalThis.skepStart!(loader);
  if (data['notice'] !== 'off' && unanswered(data['consent'])) await more(MORE.consent, skep);
}

function begin(): void {
  start().catch((error: unknown) =>
    setState({ mode: 'off', reason: error instanceof Error ? error.message : String(error) }),
  );
}

// A page that has two tags gets one Skep.
if (!globalThis.skep) {
  globalThis.skep = skep;
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
