/**
 * runtime.ts: the page's half of Skep: service worker, leadership, news from the engine.
 * CONTRACT  start() once; it resolves when everything is under way; what follows is told to the loader.
 */
import type { Asset, News, Options, PageToSw, SwToPage } from '../messages.js';
import type { Ready, Stats } from '../types/skep.js';
import { newsChannel, runtimeUrl } from '../place.js';
import { loadedFiles } from './adopt.js';
import { EngineTab } from './engine-tab.js';
import { picturesInView } from './in-view.js';
import * as leadership from './leader.js';
import type { Allowance } from '../more/allowance.js';
import { Watch } from './circumstances.js';
import { readOptions } from './options.js';
import { decide, type Decision } from './policy.js';
import { controlled, register, serving } from './register.js';
import type { Loader } from './skep.js';

/** Replaced by build.mjs. */
declare const MORE: { allowance: string };

const kSources = ['origin', 'peer', 'store'] as const;

let loader: Loader;
let options: Options;
let tab: EngineTab | null = null;
/** Before that, the service worker would take the engine for dead: its lock is not held yet. */
let up = false;
let worker: ServiceWorker | null = null;
let engine: Ready = { mode: 'off', reason: 'the engine is starting' };
/** Answered by the service worker alone, on behalf of all tabs, since this page listens. */
const bySw = { origin: 0, peer: 0, store: 0 };
let channel: BroadcastChannel;
let watch: Watch;
/** Where the page's tag has set one. */
let allowance: Allowance | null = null;
let decision: Decision | null = null;

export async function start(from: Loader): Promise<void> {
  loader = from;
  const { base, siteWorker } = loader;
  options = { ...readOptions(loader.data), trace: loader.trace };
  listen();
  if (options.uploadTotal > 0) allowance = await rationed(base);
  watch = new Watch(base, loader.choices, judge, () => tell({ t: 'seen' }));
  loader.changed = judge;
  addEventListener('online', () => tab?.say({ t: 'recheck' }));
  // Nothing that would keep the page out of the back/forward cache, or wake it there.
  addEventListener('pagehide', () => {
    leadership.resign();
    channel.close();
  });
  addEventListener('pageshow', ({ persisted }) => {
    if (!persisted) return;
    listen();
    stand();
  });
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener('message', ({ data }: MessageEvent<SwToPage>) => {
    if (data?.t === 'ask-port') link();
    else if (data?.t === 'recent') data.assets.forEach(answered);
    else if (data?.t === 'look') picturesInView((urls) => tell({ t: 'in-view', urls }));
  });
  serviceWorker.startMessages();
  const registered = register(base, siteWorker);
  // Where a service worker is ours already, the engine need not wait for the formalities.
  if (!serviceWorker.controller) await registered;
  stand();
  worker = await registered;
  await controlled(worker);
  serviceWorker.addEventListener('controllerchange', takeOver);
  takeOver();
  say({ t: 'recent', sinceMs: performance.timeOrigin });
  say({ t: 'loaded' });
  update();
}

async function rationed(base: string): Promise<Allowance> {
  type More = typeof import('../more/allowance.js');
  return new ((await import(runtimeUrl(base, MORE.allowance))) as More).Allowance(base);
}

/** To the other tabs; a page on its way into the back/forward cache says nothing any more. */
function tell(news: News): void {
  try {
    channel.postMessage(news);
  } catch {
    // The channel is closed.
  }
}
function listen(): void {
  channel = new BroadcastChannel(newsChannel(loader.base));
  channel.onmessage = ({ data }: MessageEvent<News>) => hear(data);
}
function stand(): void {
  leadership.stand(loader.base, lead);
  tell({ t: 'hello' });
}

/** The page's service worker is a new one: it needs the engine's port. */
function takeOver(): void {
  worker = navigator.serviceWorker.controller ?? worker;
  link();
}
function link(): void {
  if (tab && up && worker) tab.link(worker);
}
function say(message: PageToSw): void {
  worker?.postMessage(message);
}

function lead(): () => void {
  const { base, runtime, pointer } = loader;
  allowance?.begin();
  const mine = new EngineTab({
    base,
    runtime,
    engine: loader.engine,
    options,
    policy: judge(),
    pointer,
    onUp() {
      up = true;
      link();
    },
    onDead: die,
  });
  tab = mine;
  loader.pointer = null; // it ages
  // What is still loading now will have come by HTTP, too.
  const adopt = (): void => tab?.say({ t: 'adopt', loaded: loadedFiles(base) });
  if (document.readyState === 'complete') adopt();
  else addEventListener('load', adopt, { once: true });
  return () => {
    mine.stop();
    tab = null;
    up = false;
  };
}

/** Looks at the visitor's circumstances again; the engine is told when that changes what it may. */
function judge(): Decision {
  const last = decision;
  const left = allowance?.left(options.uploadTotal) ?? 0;
  decision = loader.decision = decide(options, { ...watch.now(), allowance: left });
  if (JSON.stringify(decision) !== JSON.stringify(last)) {
    tab?.say({ t: 'policy', policy: decision });
    loader.emit('policy', decision);
  }
  return decision;
}

/** The engine found a bug of its own: this load of the page goes on by plain HTTP. */
function die(reason: string): void {
  if (!tab) return;
  say({ t: 'no-engine' });
  const state: News = { t: 'state', mode: 'off', reason };
  tell(state);
  hear(state);
  leadership.resign();
}

function hear(news: News): void {
  switch (news.t) {
    case 'asset':
      if (news.by === 'sw') answered(news.asset);
      else loader.emit('asset', news.asset);
      return;
    case 'stats':
      return count(news.stats);
    case 'seen':
      return void watch.look();
    case 'over':
      leadership.resign(true); // until the page is loaded again
      engine = { mode: 'off', reason: news.reason };
      return update();
    case 'state':
      engine = news.mode === 'on' ? { mode: 'on' } : { mode: 'off', reason: news.reason ?? '' };
      update();
  }
}

function update(): void {
  if (engine.mode === 'off') {
    // Not yet an answer: the engine may still be starting, here or in another tab.
    if (engine.reason !== 'the engine is starting') loader.state(engine);
  } else if (worker && navigator.serviceWorker.controller) {
    // Who waits for this must not overtake the site map on its way to the service worker.
    void serving(worker).then(() => {
      if (engine.mode === 'on') loader.state({ mode: 'on' });
    });
  }
}

/** The service worker has answered by itself. */
function answered(asset: Asset): void {
  const { bytes } = skep.stats();
  for (const source of kSources) {
    bySw[source] += asset[source];
    bytes[source] += asset[source]; // complete at once, not only with the engine's next report
  }
  loader.emit('asset', asset);
}

function count(stats: Stats): void {
  for (const source of kSources) stats.bytes[source] += bySw[source];
  const leader = leadership.leading();
  if (leader) allowance?.note(stats.uploaded);
  loader.stats({ ...stats, leader });
}
