/**
 * choice.ts: what the visitor has chosen for this site, remembered in localStorage as a few words.
 * CONTRACT  never throws; where nothing can be stored, a choice lasts as long as the page.
 */
import { choiceKey } from '../place.js';

/**
 * agreed, declined: to the question of data-consent="ask" · told: the notice was seen · paused ·
 * uninstalled: for good · trace: record from the next load on
 */
export type Choice = 'agreed' | 'declined' | 'told' | 'paused' | 'uninstalled' | 'trace';

export class Choices {
  private memory = '';

  constructor(private readonly base: string) {}

  has(choice: Choice): boolean {
    return this.words().includes(choice);
  }

  /** `add` holds from now on, and none of `remove` does. */
  set(add: Choice | null, ...remove: Choice[]): void {
    const words = this.words().filter((word) => word !== add && !remove.includes(word as Choice));
    if (add) words.push(add);
    this.memory = words.join(' ');
    try {
      if (this.memory) localStorage.setItem(choiceKey(this.base), this.memory);
      else localStorage.removeItem(choiceKey(this.base));
    } catch {
      // Not allowed to store: remembered by this page alone.
    }
  }

  private words(): string[] {
    try {
      this.memory = localStorage.getItem(choiceKey(this.base)) ?? '';
    } catch {
      // As above.
    }
    return this.memory.split(' ').filter(Boolean);
  }
}
