/**
 * acquaintance.ts: when is a page that waits for Skep told that it is ready? When a peer lets us ask,
 * or there is none to ask, or it takes too long.
 * WHY       a page that loads its assets at `skep.ready` would otherwise fetch the first of them over
 *           HTTP, while the peers that have them are a few hundred milliseconds away.
 * LIMITS    kPatienceMs after the worker was made: skep.ready has its own bound of two seconds.
 */
import type { Stats } from '../engine/io.js';
import { put } from './pump.js';

const kPatienceMs = 1200;
const kAskMs = 50;

let settle: () => void;
let open = true;

/** Settles once, with no value. */
export function acquainted(): Promise<void> {
  const timer = setInterval(() => put({ t: 'stats-requested' }), kAskMs);
  setTimeout(alone, Math.max(0, kPatienceMs - performance.now()));
  return new Promise((resolve) => {
    settle = () => {
      open = false;
      clearInterval(timer);
      resolve();
    };
  });
}

/** There is nobody to wait for, or nobody is waited for any longer. */
export const alone = (): void => settle();
/** True while these stats are for us alone. */
export function meet({ peers }: Stats): boolean {
  if (open && peers.some((peer) => !peer.chokedByPeer)) settle();
  return open;
}
