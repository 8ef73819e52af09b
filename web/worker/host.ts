/**
 * host.ts: one engine and everything it needs, wired together.
 * CONTRACT  start() once, in a worker that holds the engine's lock. Everything ends with the worker.
 */
import { Engine, EngineModule } from '../engine/engine.js';
import type { TraceRecorder } from '../engine/trace.js';
import { randomHex, toHex } from '../hex.js';
import type { Loaded, News, Options, PageToWorker, Policy, WorkerToPage } from '../messages.js';
import { newsChannel, trackerUrl } from '../place.js';
import { Acquaintance } from './acquaintance.js';
import { adopt } from './adopt.js';
import { Catalog } from './catalog.js';
import { Http } from './http.js';
import { Links, type Channel } from './links.js';
import { Meter } from './meter.js';
import { keepPages } from './offline.js';
import { precache } from './precache.js';
import { Pump, type Doers } from './pump.js';
import { Serve } from './serve.js';
import { Signals } from './signals.js';
import { Site } from './site.js';
import { Store } from './store.js';
import { Tracker } from './tracker.js';
import { TrustKeeper } from './trust.js';
import { relayed } from './relayed.js';

/** more/trace.ts */
type Recording = { TraceRecorder: new () => TraceRecorder };

const kStatsMs = 1000;
/** Offline pages and adopted files wait until the page had its turn. */
const kIdleMs = 1500;

/** "WebTorrent-style" client name: SK, version 0001. */
const peerId = (): string => toHex(new TextEncoder().encode('-SK0001-')) + randomHex(12);

export class Host {
  private readonly catalog = new Catalog();
  private readonly meter = new Meter();
  private readonly news: BroadcastChannel;
  private readonly http: Http;
  private readonly links: Links;
  private readonly signals: Signals;
  private readonly serve: Serve;
  private readonly trust: TrustKeeper;
  private readonly site: Site;
  private tracker: Tracker | null = null;
  private readonly acquaintance: Acquaintance;
  private seq: number | null = null;
  private state: Extract<News, { t: 'state' }> | null = null;
  private adopted: Loaded[] = [];

  private constructor(
    private readonly base: string,
    private readonly options: Options,
    private readonly engine: Engine,
    private readonly pump: Pump,
    private readonly store: Store,
    private policy: Policy,
    pointer: Uint8Array | null,
    trace: TraceRecorder | undefined,
    toPage: (message: WorkerToPage) => void,
  ) {
    const put = pump.put.bind(pump);
    this.acquaintance = new Acquaintance(() => put({ t: 'stats-requested' }));
    this.news = new BroadcastChannel(newsChannel(base));
    this.news.onmessage = ({ data }: MessageEvent<News>) => {
      if (data.t === 'hello' && this.state) this.tell(this.state);
      else if (data.t === 'in-view') this.serve.prefer(data.urls);
      else if (data.t === 'trace-wanted' && trace)
        this.tell({ t: 'trace', file: new Blob([trace.bytes()]) });
    };
    this.http = new Http(base, this.catalog, put);
    this.signals = new Signals(this.catalog, put, toPage, options.ice);
    this.links = new Links(
      put,
      (conn) => this.signals.opened(conn),
      (conn) => this.signals.end(conn),
    );
    this.signals.links = this.links;
    const deadlineUs = Math.round((options.deadlineMs ?? 0) * 1000);
    this.serve = new Serve(base, this.catalog, store, deadlineUs, put, (asset) =>
      this.tell({ t: 'asset', asset, by: 'engine' }),
    );
    this.trust = new TrustKeeper(base, options.key, pointer);
    this.site = new Site(base, this.trust, this.catalog, store, put, {
      on: (seq) => this.turnOn(seq),
      off: (reason) => this.turnOff(reason),
    });
  }

  static async start(
    { base, engine: url, options, policy, pointer }: Extract<PageToWorker, { t: 'start' }>,
    toPage: (message: WorkerToPage) => void,
  ): Promise<Host> {
    let host: Host | undefined;
    const failed = (root: string): void => host?.storeFailed(root);
    const [module, store] = await Promise.all([
      fetch(url).then((response) => EngineModule.load(response)),
      Store.prepare(base, failed),
    ]);
    const seed = crypto.getRandomValues(new Uint32Array(1))[0]!;
    const grace = options.peerGraceMs;
    const trace = options.trace
      ? new ((await import(options.trace)) as Recording).TraceRecorder()
      : undefined;
    const engine = new Engine(
      module,
      {
        peerId: peerId(),
        seed,
        ...(grace === undefined ? {} : { peerGrace: Math.round(grace * 1000) }),
        uploadRateBytesPerS: options.uploadRateBytesPerS,
      },
      trace,
    );
    const pump = new Pump(engine, (reason) => toPage({ t: 'dead', reason }));
    host = new Host(base, options, engine, pump, store, policy, pointer, trace, toPage);
    pump.connect(host.doers());
    host.setPolicy(policy);
    setInterval(() => pump.put({ t: 'stats-requested' }), kStatsMs);
    void host.site.check();
    return host;
  }

  receive(message: PageToWorker): void {
    switch (message.t) {
      case 'sw-port':
        this.serve.attach(message.port);
        if (this.seq !== null) this.serve.tell({ t: 'map', seq: this.seq });
        return;
      case 'channel':
        return this.signals.channel(message.conn, message.channel as unknown as Channel);
      case 'relay':
        return this.signals.channel(message.conn, relayed(message.port));
      case 'local':
        return this.signals.local(message.conn, message.sdp);
      case 'closed':
        this.links.connectionClosed(message.conn);
        return this.signals.end(message.conn);
      case 'policy':
        return this.setPolicy(message.policy);
      case 'adopt':
        this.adopted.push(...message.loaded);
        return this.adopt();
      case 'recheck':
        this.tracker?.retryNow();
        return void this.site.check();
      case 'start':
        return;
    }
  }

  private doers(): Doers {
    const { store, catalog, pump } = this;
    const file = (output: { torrent: number; file: number }) =>
      catalog.file(output.torrent, output.file);
    return {
      'torrent-ready': (output) => this.site.ready(output),
      'torrent-refused': (output) => this.site.refused(output),
      announce: (output) => {
        const torrent = catalog.torrent(output.torrent);
        for (const hash of [torrent?.hash, torrent?.v1])
          if (hash) this.tracker?.announce(hash, output);
      },
      dial: (output) => this.signals.dial(output),
      'link-send': (output) => this.links.send(output),
      'link-close': (output) => this.links.close(output),
      'http-get': (output) => this.http.get(output),
      'http-cancel': (output) => this.http.cancel(output.http),
      'store-write': (output) => {
        const { root, size } = file(output) ?? {};
        if (root) store.write(root, size!, output.offset, output.bytes);
      },
      'file-complete': (output) => {
        const { root, size } = file(output) ?? {};
        if (root && size)
          void store.complete(root, size).then((kept) => kept && this.twins(root, output));
      },
      'piece-load': ({ load, offset, size, ...output }) => {
        const { root, size: whole } = file(output) ?? {};
        if (!root) return pump.put({ t: 'piece-loaded', load, bytes: new Uint8Array(0) });
        void store.read(root, whole!, offset, size).then((bytes) =>
          pump.put({
            t: 'piece-loaded',
            load,
            bytes: bytes.length === size ? bytes : new Uint8Array(0),
          }),
        );
      },
      'fetch-progress': (output) => this.serve.progress(output),
      'fetch-done': (output) => {
        this.serve.done(output);
        pump.put({ t: 'stats-requested' }); // who has the file may ask what it cost
      },
      'fetch-failed': (output) => this.serve.failed(output),
      stats: (output) => {
        if (this.acquaintance.stats(output)) return;
        this.tell({ t: 'stats', stats: this.meter.read(output, performance.now()) });
      },
    };
  }

  /** Files of equal content share one stored file: what completed one completed all. */
  private twins(root: string, done: { torrent: number; file?: number }): void {
    const torrent = this.catalog.torrent(done.torrent);
    for (const file of torrent?.files.values() ?? []) {
      if (file.root === root && file.file !== done.file) {
        this.pump.put({ t: 'file-kept', torrent: done.torrent, file: file.file });
      }
    }
  }

  private storeFailed(root: string): void {
    for (const [, { torrent, file }] of this.catalog.paths()) {
      if (file.root === root) this.pump.put({ t: 'store-failed', torrent, file: file.file });
    }
  }

  private setPolicy(policy: Policy): void {
    const goOn = policy.prefetch && !this.policy.prefetch;
    this.policy = policy;
    if (goOn && this.state?.mode === 'on') void this.keepPages();
    this.signals.welcome = policy.usePeers;
    this.pump.put({ t: 'policy-changed', ...policy });
    // Without peers not even the tracker hears of this visitor.
    if (!policy.usePeers) {
      this.acquaintance.alone();
      this.leaveTracker();
    } else if (this.seq !== null) this.connectTracker();
  }

  private turnOn(seq: number): void {
    this.seq = seq;
    this.serve.tell({ t: 'map', seq });
    this.connectTracker();
    void this.acquaintance.over.then(() => this.turnedOn());
  }

  private turnedOn(): void {
    if (this.seq === null) return;
    const first = this.state?.mode !== 'on';
    this.setState({ t: 'state', mode: 'on' });
    setTimeout(() => void this.keepPages(), kIdleMs);
    if (first) setTimeout(() => this.adopt(), kIdleMs);
  }

  private async keepPages(): Promise<void> {
    const named = await keepPages(this.base);
    if (this.seq === null) return;
    this.serve.tell({ t: 'map', seq: this.seq }); // it looks again
    await precache(
      this.base,
      [...this.options.precache, ...named],
      this.serve,
      () => this.policy.prefetch,
    );
  }

  private turnOff(reason: string): void {
    this.seq = null;
    this.leaveTracker();
    this.setState({ t: 'state', mode: 'off', reason });
  }

  private leaveTracker(): void {
    this.tracker?.stop();
    this.tracker = this.signals.tracker = null;
  }

  private setState(state: Extract<News, { t: 'state' }>): void {
    this.state = state;
    this.tell(state);
  }

  private adopt(): void {
    if (this.state?.mode !== 'on') return;
    void adopt(this.base, this.adopted.splice(0), this.catalog, this.store, (found) =>
      this.twins(found.file.root, { torrent: found.torrent }),
    );
  }

  private connectTracker(): void {
    if (this.tracker || !this.policy.usePeers) return;
    const named = this.site.announce();
    const elsewhere = this.options.tracker ?? named;
    const pointer = (): Uint8Array | null => (elsewhere ? this.trust.believed : null);
    const url = elsewhere ?? trackerUrl(this.base);
    this.tracker = new Tracker(url, this.engine.peerId, pointer, {
      changed: (up) => this.pump.put({ t: 'tracker-changed', up }),
      reply: (hash, intervalS, candidates) => {
        this.acquaintance.candidates(candidates.length);
        const torrent = this.catalog.byShortHash(hash)?.id;
        if (torrent) this.pump.put({ t: 'announce-reply', torrent, intervalS, candidates });
      },
      offer: (...offer) => this.signals.offered(...offer),
      answer: (...answer) => this.signals.answered(...answer),
      goneOffer: (offerId) => this.signals.gone(offerId),
      ice: (urls) => (this.signals.ice = [...new Set([...this.options.ice, ...urls])]),
    });
    this.signals.tracker = this.tracker;
  }

  private tell(news: News): void {
    this.news.postMessage(news);
  }
}
