/**
 * test-visitor.ts: a worker for tests: an Engine with a store in memory, joined to others by links
 * without latency, in virtual time. Nothing here knows the ABI.
 */
import { Engine, type EngineOptions } from './engine.js';
import type { Input, Output } from './io.js';
import type { TraceRecorder } from './trace.js';

const kTorrent = 1;

/** Everybody in one test, and their clock. */
export class World {
  nowUs = 1_000_000;
  private readonly visitors: Visitor[] = [];
  private readonly pending: (() => void)[] = [];

  add(visitor: Visitor): void {
    this.visitors.push(visitor);
  }
  soon(event: () => void): void {
    this.pending.push(event);
  }
  /** Opens a link between two visitors; its ends have the same id. */
  connect(link: number, a: Visitor, b: Visitor): void {
    a.links.set(link, b);
    b.links.set(link, a);
    const opened = { t: 'link-opened', link, torrent: kTorrent, dial: 0 } as const;
    a.handle({ ...opened, peer: b.engine.peerId });
    b.handle({ ...opened, peer: a.engine.peerId });
  }
  /** Runs until nothing is left to do, or until this much time has passed. */
  run(forUs: number): void {
    const end = this.nowUs + forUs;
    for (;;) {
      for (let event = this.pending.shift(); event !== undefined; event = this.pending.shift()) {
        event();
      }
      const next = Math.min(...this.visitors.map((v) => v.engine.nextWakeupUs() ?? Infinity));
      if (next > end) break;
      this.nowUs = Math.max(next, this.nowUs);
      for (const v of this.visitors) {
        if ((v.engine.nextWakeupUs() ?? Infinity) <= this.nowUs) v.handle({ t: 'tick' });
      }
    }
    this.nowUs = end;
  }
}

export class Visitor {
  readonly engine: Engine;
  readonly links = new Map<number, Visitor>();
  readonly outputs: Output[] = [];
  readonly files = new Map<number, Uint8Array>();
  private sizes: number[] = [];

  constructor(
    private readonly world: World,
    module: WebAssembly.Module,
    options: EngineOptions,
    trace?: TraceRecorder,
  ) {
    this.engine = new Engine(module, options, trace);
    world.add(this);
  }
  handle(input: Input): void {
    this.engine.handle(this.world.nowUs, input);
    const outputs: Output[] = [];
    for (let out = this.engine.poll(); out !== null; out = this.engine.poll()) {
      outputs.push('bytes' in out ? { ...out, bytes: out.bytes.slice() } : out);
    }
    for (const out of outputs) this.act(out);
  }
  find<T extends Output['t']>(t: T): Extract<Output, { t: T }> | undefined {
    return this.outputs.find((o): o is Extract<Output, { t: T }> => o.t === t);
  }

  private act(out: Output): void {
    this.outputs.push(out);
    switch (out.t) {
      case 'torrent-ready':
        for (const f of out.files) this.sizes[f.file] = f.size;
        break;
      case 'link-send':
        this.world.soon(() => {
          const { link, bytes } = out;
          this.links.get(link)?.handle({ t: 'link-bytes', link, bytes });
          this.handle({ t: 'link-drained', link, bufferedBytes: 0 });
        });
        break;
      case 'store-write': {
        const file = this.files.get(out.file) ?? new Uint8Array(this.sizes[out.file] ?? 0);
        file.set(out.bytes, out.offset);
        this.files.set(out.file, file);
        break;
      }
      case 'piece-load': {
        const file = this.files.get(out.file) ?? new Uint8Array();
        const bytes = file.subarray(out.offset, out.offset + out.size);
        this.world.soon(() => this.handle({ t: 'piece-loaded', load: out.load, bytes }));
        break;
      }
    }
  }
}
