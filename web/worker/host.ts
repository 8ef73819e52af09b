/**
 * host.ts: one engine and everything it needs, wired together.
 * CONTRACT  start() once, in a worker that holds the engine's lock. Everything ends with the worker.
 */
import { Engine, loadEngine } from '../engine/engine.js';
import type { TraceRecorder } from '../engine/trace.js';
import { randomHex, toHex } from '../hex.js';
import type { Loaded, News, PageToWorker, Policy } from '../messages.js';
import { offlineUrl, pagesCache, pathUrl, runtimeUrl, trackerUrl } from '../place.js';
import { acquainted, alone, meet } from './acquaintance.js';
import * as catalog from './catalog.js';
import { base, begin, news, options, tell } from './here.js';
import * as http from './http.js';
import * as links from './links.js';
import { read } from './meter.js';
import * as pump from './pump.js';
import * as serve from './serve.js';
import * as signals from './signals.js';
import * as site from './site.js';
import * as store from './store.js';
import { Tracker } from './tracker.js';
import * as trust from './trust.js';

type Start = Extract<PageToWorker, { t: 'start' }>;

/** Replaced by build.mjs. */
declare const MORE: { adopt: string; offline: string; relay: string };
type MoreAdopt = typeof import('../more/adopt.js');
type MoreOffline = typeof import('../more/offline.js');
type Relay = typeof import('../more/relay.js');
/** offline.json (docs/formats/publication.md). */
type Offline = { pages?: unknown[]; precache?: unknown[] };
/** more/trace.ts */
type Recording = { TraceRecorder: new () => TraceRecorder };

const kStatsMs = 1000;
/** Offline pages and adopted files wait until the page had its turn. */
const kIdleMs = 1500;
/** Browsers cache no larger ones (an eighth of the cache, 50 MB in Firefox): those would be sent again. */
const kAdoptMax = 16 * 1024 * 1024;

let engine: Engine;
let trace: TraceRecorder | undefined;
let policy: Policy;
/** Of the version that the engine works on. */
let seq: number | null = null;
let state: Extract<News, { t: 'state' }> | null = null;
let tracker: Tracker | null = null;
let friends: Promise<void>;
const loaded: Loaded[] = [];

/** "WebTorrent-style" client name: SK, version 0001. */
const peerId = (): string => toHex(new TextEncoder().encode('-SK0001-')) + randomHex(12);
const askStats = (): void => pump.put({ t: 'stats-requested' });

export async function start(message: Start): Promise<void> {
  begin(message);
  const [module] = await Promise.all([fetch(message.engine).then(loadEngine), store.prepare()]);
  if (options.trace) trace = new ((await import(options.trace)) as Recording).TraceRecorder();
  const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
  const grace = options.peerGraceMs;
  const peerGrace = grace === undefined ? {} : { peerGrace: Math.round(grace * 1000) };
  engine = new Engine(module, { peerId: peerId(), seed, ...peerGrace }, trace);
  news.onmessage = ({ data }: MessageEvent<News>) => {
    if (data.t === 'hello' && state) tell(state);
    else if (data.t === 'in-view') serve.prefer(data.urls);
    else if (data.t === 'trace-wanted' && trace)
      tell({ t: 'trace', file: new Blob([trace.bytes()]) });
  };
  signals.recommended([]);
  friends = acquainted();
  pump.start(engine, doers);
  setPolicy(message.policy);
  setInterval(askStats, kStatsMs);
  site.enterSite({ on: turnOn, off: turnOff }, message.pointer);
}

export function receive(message: PageToWorker): void {
  switch (message.t) {
    case 'sw-port':
      serve.attach(message.port);
      return tellMap();
    case 'channel':
      return signals.channel(message.conn, message.channel as unknown as links.Channel);
    case 'relay':
      return relay(message.conn, message.port);
    case 'local':
      return signals.local(message);
    case 'closed':
      links.connectionClosed(message.conn);
      return signals.end(message.conn);
    case 'policy':
      return setPolicy(message.policy);
    case 'adopt':
      loaded.push(...message.loaded);
      return adoptLoaded();
    case 'recheck':
      tracker?.retryNow();
      return void site.check();
  }
}

const doers: pump.Doers = {
  'torrent-ready': site.ready,
  'torrent-refused': site.refused,
  announce(output) {
    const torrent = catalog.torrent(output.torrent);
    for (const hash of [torrent?.hash, torrent?.v1]) if (hash) tracker?.announce(hash, output);
  },
  dial: signals.dial,
  'link-send': links.send,
  'link-close': links.close,
  'http-get': http.get,
  'http-cancel': (output) => http.cancel(output.http),
  'store-write'(output) {
    const file = catalog.file(output);
    if (file) store.write(file.root, file.size, output.offset, output.bytes);
  },
  async 'file-complete'(output) {
    const { root, size } = catalog.file(output) ?? {};
    if (root && size && (await store.complete(root, size))) twins(root, output);
  },
  async 'piece-load'(output) {
    const { load, offset, size } = output;
    const file = catalog.file(output);
    const bytes = file && (await store.read(file.root, file.size, offset, size));
    const whole = bytes?.length === size ? bytes : new Uint8Array(0);
    pump.put({ t: 'piece-loaded', load, bytes: whole });
  },
  'fetch-progress': serve.progress,
  'fetch-done'(output) {
    serve.done(output);
    askStats(); // who has the file may ask what it cost
  },
  'fetch-failed': serve.failed,
  stats(output) {
    if (!meet(output)) tell({ t: 'stats', stats: read(output, performance.now()) });
  },
};

/** A channel that stays in the page; what comes through the port waits. */
function relay(conn: number, port: MessagePort): void {
  (import(runtimeUrl(base, MORE.relay)) as Promise<Relay>).then(
    ({ relayed }) => signals.channel(conn, relayed(port)),
    () => signals.end(conn),
  );
}

/** Files of equal content share one stored file: what completed one completed all. */
function twins(root: string, done: { torrent: number; file?: number }): void {
  for (const { root: other, file } of catalog.torrent(done.torrent)?.files.values() ?? []) {
    if (other === root && file !== done.file)
      pump.put({ t: 'file-kept', torrent: done.torrent, file });
  }
}

function setPolicy(next: Policy): void {
  const goOn = next.prefetch && policy?.prefetch === false;
  policy = next;
  if (goOn && state?.mode === 'on') void keepPages();
  signals.now.welcome = next.usePeers;
  pump.put({ t: 'policy-changed', ...next });
  // Without peers not even the tracker hears of this visitor.
  if (!next.usePeers) {
    alone();
    leaveTracker();
  } else if (seq !== null) joinTracker();
}

/** The service worker may use the map of this version. */
function tellMap(): void {
  if (seq !== null) serve.tell({ t: 'map', seq });
}

function turnOn(version: number): void {
  seq = version;
  tellMap();
  joinTracker();
  void friends.then(() => {
    if (seq === null) return;
    const first = state?.mode !== 'on';
    setState({ t: 'state', mode: 'on' });
    setTimeout(() => void keepPages(), kIdleMs);
    if (first) setTimeout(adoptLoaded, kIdleMs);
  });
}

function turnOff(reason: string): void {
  seq = null;
  leaveTracker();
  setState({ t: 'state', mode: 'off', reason });
}

function setState(next: Extract<News, { t: 'state' }>): void {
  state = next;
  tell(next);
}

/** Pages and files in advance, where the publication or the page names any. */
async function keepPages(): Promise<void> {
  try {
    const headers = { Skep: 'engine' };
    const response = await fetch(offlineUrl(base), { cache: 'no-cache', headers });
    const { pages = [], precache: named = [] } = (await response.json()) as Offline;
    const files = [...options.precache, ...named];
    if (pages.length === 0) await caches.delete(pagesCache(base));
    if (pages.length + files.length === 0) return;
    const more = (await import(runtimeUrl(base, MORE.offline))) as MoreOffline;
    if (pages.length > 0) await more.keepPages(base, pages);
    tellMap(); // it looks again
    if (seq === null) return;
    await more.precache(base, files, serve.sizeOf, serve.prefetch, () => policy.prefetch);
  } catch {
    // Off line, or no Cache Storage: the next visit tries again.
  }
}

/** What the page has loaded by itself, and the store has not, is in the HTTP cache. */
function adoptLoaded(): void {
  if (state?.mode !== 'on') return;
  const files: [url: string, found: catalog.Found][] = [];
  for (const { path, size } of loaded.splice(0)) {
    const found = catalog.find(path);
    if (!found || found.file.size !== size || size > kAdoptMax) continue;
    const { root, contentEncoding } = found.file;
    if (contentEncoding === '' && !store.has(root)) files.push([pathUrl(base, path), found]);
  }
  if (files.length === 0) return;
  (import(runtimeUrl(base, MORE.adopt)) as Promise<MoreAdopt>)
    .then(({ adopt }) =>
      adopt(files, store.write, store.complete, ({ torrent, file }) =>
        twins(file.root, { torrent }),
      ),
    )
    .catch(() => {}); // they are in the HTTP cache still
}

function leaveTracker(): void {
  tracker?.stop();
  tracker = signals.now.tracker = null;
}

function joinTracker(): void {
  if (tracker || !policy.usePeers) return;
  const elsewhere = options.tracker ?? site.announce();
  const pointer = (): Uint8Array | null => (elsewhere ? trust.believed : null);
  const url = elsewhere ?? trackerUrl(base);
  tracker = signals.now.tracker = new Tracker(url, engine.peerId, pointer);
}
