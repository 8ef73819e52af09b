/**
 * runtime.ts: the page's half of Skep: service worker, leadership, news from the engine.
 * CONTRACT  start() resolves when everything is under way; what follows is told to the loader.
 */
import type { News, PageToSw, SwToPage } from '../messages.js';
import type { Ready, Stats } from '../types/skep.js';
import { newsChannel } from '../place.js';
import { loadedFiles } from './adopt.js';
import { EngineTab } from './engine-tab.js';
import { picturesInView } from './in-view.js';
import { Leadership } from './leader.js';
import { Allowance } from './allowance.js';
import { Watch } from './circumstances.js';
import { decide, type Decision } from './policy.js';
import { controlled, register, serving } from './register.js';
import type { Loader } from './skep.js';

class Runtime {
  private tab: EngineTab | null = null;
  /** Before that, the service worker would take the engine for dead: its lock is not held yet. */
  private up = false;
  private worker: ServiceWorker | null = null;
  private engine: Ready = { mode: 'off', reason: 'the engine is starting' };
  /** Answered by the service worker alone, on behalf of all tabs, since this page listens. */
  private readonly bySw = { origin: 0, peer: 0, store: 0 };
  private news: BroadcastChannel;
  private readonly leadership: Leadership;
  private readonly watch: Watch;
  private readonly allowance: Allowance;
  private decision: Decision | null = null;

  constructor(private readonly loader: Loader) {
    const { base } = loader;
    this.news = this.listen();
    this.leadership = new Leadership(base, () => this.lead());
    this.allowance = new Allowance(base);
    this.watch = new Watch(
      base,
      loader.choices,
      () => this.decide(),
      () => this.tell({ t: 'seen' }),
    );
    loader.changed = () => this.decide();
    addEventListener('online', () => this.tab?.say({ t: 'recheck' }));
    // Nothing that would keep the page out of the back/forward cache, or wake it there.
    addEventListener('pagehide', () => {
      this.leadership.resign();
      this.news.close();
    });
    addEventListener('pageshow', ({ persisted }) => {
      if (!persisted) return;
      this.news = this.listen();
      this.stand();
    });
  }

  /** To the other tabs; a page on its way into the back/forward cache says nothing any more. */
  private tell(news: News): void {
    try {
      this.news.postMessage(news);
    } catch {
      // The channel is closed.
    }
  }
  private listen(): BroadcastChannel {
    const news = new BroadcastChannel(newsChannel(this.loader.base));
    news.onmessage = ({ data }: MessageEvent<News>) => this.hear(data);
    return news;
  }
  private stand(): void {
    this.leadership.stand();
    this.news.postMessage({ t: 'hello' } satisfies News);
  }

  async run(): Promise<void> {
    const { base, siteWorker } = this.loader;
    const { serviceWorker } = navigator;
    serviceWorker.addEventListener('message', ({ data }: MessageEvent<SwToPage>) => {
      if (data?.t === 'ask-port') this.link();
      else if (data?.t === 'recent') for (const asset of data.assets) this.asset(asset, 'sw');
      else if (data?.t === 'look') {
        picturesInView((urls) => this.news.postMessage({ t: 'in-view', urls } satisfies News));
      }
    });
    serviceWorker.startMessages();
    const registered = register(base, siteWorker);
    // Where a service worker is ours already, the engine need not wait for the formalities.
    if (!serviceWorker.controller) await registered;
    this.stand();
    this.worker = await registered;
    await controlled(this.worker);
    serviceWorker.addEventListener('controllerchange', () => this.takeOver());
    this.takeOver();
    this.say({ t: 'recent', sinceMs: performance.timeOrigin });
    this.say({ t: 'loaded' });
    this.update();
  }

  /** The page's service worker is a new one: it needs the engine's port. */
  private takeOver(): void {
    this.worker = navigator.serviceWorker.controller ?? this.worker;
    this.link();
  }
  private link(): void {
    if (this.tab && this.up && this.worker) this.tab.link(this.worker);
  }
  private say(message: PageToSw): void {
    this.worker?.postMessage(message);
  }

  private lead(): () => void {
    const { base, worker, engine, options } = this.loader;
    this.allowance.begin();
    const tab = new EngineTab({
      base,
      worker,
      engine,
      options,
      policy: this.decide(),
      pointer: this.loader.pointer,
      onUp: () => {
        this.up = true;
        this.link();
      },
      onDead: (reason) => this.die(reason),
    });
    this.tab = tab;
    this.loader.pointer = null; // it ages
    // What is still loading now will have come by HTTP, too.
    const adopt = (): void => this.tab?.say({ t: 'adopt', loaded: loadedFiles(base) });
    if (document.readyState === 'complete') adopt();
    else addEventListener('load', adopt, { once: true });
    return () => {
      tab.stop();
      this.tab = null;
      this.up = false;
    };
  }

  /** Looks at the visitor's circumstances again; the engine is told when that changes what it may. */
  private decide(): Decision {
    const last = this.decision;
    const { options } = this.loader;
    const allowance = this.allowance.left(options.uploadTotal);
    const next = decide(options, { ...this.watch.now(), allowance });
    this.decision = this.loader.decision = next;
    if (JSON.stringify(next) !== JSON.stringify(last)) {
      this.tab?.say({ t: 'policy', policy: next });
      this.loader.emit('policy', next);
    }
    return next;
  }

  /** Until the page is loaded again. */
  private end(reason: string): void {
    this.leadership.resign(true);
    this.engine = { mode: 'off', reason };
    this.update();
  }

  /** The engine found a bug of its own: this load of the page goes on by plain HTTP. */
  private die(reason: string): void {
    if (!this.tab) return;
    this.say({ t: 'no-engine' });
    const state: News = { t: 'state', mode: 'off', reason };
    this.news.postMessage(state);
    this.hear(state);
    this.leadership.resign();
  }

  private hear(news: News): void {
    if (news.t === 'asset') this.asset(news.asset, news.by);
    else if (news.t === 'stats') this.stats(news.stats);
    else if (news.t === 'over') this.end(news.reason);
    else if (news.t === 'seen') void this.watch.look();
    else if (news.t === 'state') {
      this.engine =
        news.mode === 'on' ? { mode: 'on' } : { mode: 'off', reason: news.reason ?? '' };
      this.update();
    }
  }

  private update(): void {
    if (this.engine.mode === 'off') {
      // Not yet an answer: the engine may still be starting, here or in another tab.
      if (this.engine.reason !== 'the engine is starting') this.loader.state(this.engine);
    } else if (this.worker && navigator.serviceWorker.controller) {
      // Who waits for this must not overtake the site map on its way to the service worker.
      void serving(this.worker).then(() => {
        if (this.engine.mode === 'on') this.loader.state({ mode: 'on' });
      });
    }
  }

  private asset(asset: Extract<News, { t: 'asset' }>['asset'], by: 'engine' | 'sw'): void {
    if (by === 'sw') {
      for (const source of ['origin', 'peer', 'store'] as const) this.bySw[source] += asset[source];
      const { bytes } = skep.stats();
      // Numbers are complete at once, not only with the engine's next report.
      for (const source of ['origin', 'peer', 'store'] as const) bytes[source] += asset[source];
    }
    this.loader.emit('asset', asset);
  }

  private stats(stats: Stats): void {
    const { bytes } = stats;
    for (const source of ['origin', 'peer', 'store'] as const) bytes[source] += this.bySw[source];
    const leader = this.leadership.leading;
    if (leader && this.loader.options.uploadTotal > 0) this.allowance.note(stats.uploaded);
    this.loader.stats({ ...stats, leader });
  }
}

export const start = (loader: Loader): Promise<void> => new Runtime(loader).run();
