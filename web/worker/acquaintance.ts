/**
 * acquaintance.ts: when is a page that waits for Skep told that it is ready? When a peer lets us ask,
 * or there is none to ask, or it takes too long.
 * WHY       a page that loads its assets at `skep.ready` would otherwise fetch the first of them over
 *           HTTP, while the peers that have them are a few hundred milliseconds away.
 * LIMITS    kPatienceMs after the worker was made: skep.ready has its own bound of two seconds.
 */
import type { Stats } from '../engine/io.js';

const kPatienceMs = 1200;
const kAskMs = 50;

export class Acquaintance {
  /** Settles once, with no value. */
  readonly over: Promise<void>;
  private settle: () => void = () => {};
  private open = true;

  /** `ask` requests the engine's stats. */
  constructor(ask: () => void) {
    const timer = setInterval(ask, kAskMs);
    this.over = new Promise((resolve) => (this.settle = resolve));
    void this.over.then(() => {
      this.open = false;
      clearInterval(timer);
    });
    setTimeout(this.settle, Math.max(0, kPatienceMs - performance.now()));
  }

  /** The tracker named that many others. */
  candidates(count: number): void {
    if (count === 0) this.settle();
  }
  /** True while these stats are for us alone. */
  stats({ peers }: Stats): boolean {
    if (peers.some((peer) => !peer.chokedByPeer)) this.settle();
    return this.open;
  }
  /** Peers are not used. */
  alone(): void {
    this.settle();
  }
}
