/**
 * leader.ts: one tab of a site leads (Web Locks): the engine's worker runs there.
 * CONTRACT  `lead` is called when this tab becomes the leader and must return how to end that; after
 *           resign() (the page goes away, perhaps into the back/forward cache) another tab takes over.
 */
import { leaderLock } from '../place.js';

let abort: AbortController | null = null;
let release: (() => void) | null = null;
let over = false;

export const leading = (): boolean => release !== null;

/** Waits (as long as it takes) to lead. `lead` starts it, and returns what ends it. */
export function stand(base: string, lead: () => () => void): void {
  if (abort || over) return;
  abort = new AbortController();
  const { signal } = abort;
  const hold = (): Promise<void> | undefined => {
    if (signal.aborted) return undefined;
    const end = lead();
    return new Promise((resolve) => {
      release = () => {
        end();
        resolve();
      };
    });
  };
  navigator.locks.request(leaderLock(base), { signal }, hold).catch(() => {});
}

/** `forGood`: standing again is in vain. */
export function resign(forGood = false): void {
  over ||= forGood;
  abort?.abort();
  abort = null;
  release?.();
  release = null;
}
