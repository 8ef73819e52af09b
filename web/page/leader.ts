/**
 * leader.ts: one tab of a site leads (Web Locks): the engine's worker runs there.
 * CONTRACT  `lead` is called when this tab becomes the leader and must return how to end that; after
 *           resign() (the page goes away, perhaps into the back/forward cache) another tab takes over.
 */
import { leaderLock } from '../place.js';

export class Leadership {
  private abort: AbortController | null = null;
  private release: (() => void) | null = null;
  private over = false;

  constructor(
    private readonly base: string,
    /** Starts leading; returns what ends it. */
    private readonly lead: () => () => void,
  ) {}

  /** Waits (as long as it takes) to lead. */
  stand(): void {
    if (this.abort || this.over) return;
    const abort = new AbortController();
    this.abort = abort;
    const hold = (): Promise<void> | undefined => {
      if (abort.signal.aborted) return undefined;
      const end = this.lead();
      return new Promise((resolve) => {
        this.release = () => {
          end();
          resolve();
        };
      });
    };
    navigator.locks.request(leaderLock(this.base), { signal: abort.signal }, hold).catch(() => {});
  }

  /** `forGood`: standing again is in vain. */
  resign(forGood = false): void {
    this.over ||= forGood;
    this.abort?.abort();
    this.abort = null;
    this.release?.();
    this.release = null;
  }

  get leading(): boolean {
    return this.release !== null;
  }
}
