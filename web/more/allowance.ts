/**
 * allowance.ts: data-upload-total: how much this browser may still give today, for this site.
 * WHY       an engine lives as long as a page; who counts a day must remember what earlier ones gave.
 * CONTRACT  days are those of UTC. Where nothing can be stored, every page counts alone.
 */
import { givenKey } from '../place.js';

const today = (): number => Math.floor(Date.now() / 86_400_000);

export class Allowance {
  private day = today();
  /** Given today before this page's engine began. */
  private before = 0;

  constructor(private readonly base: string) {}

  /** An engine begins. */
  begin(): void {
    this.before = this.given();
  }
  /** What the engine of this page has given so far. */
  note(uploaded: number): void {
    if (today() !== this.day) [this.day, this.before] = [today(), -uploaded]; // a new day
    try {
      localStorage.setItem(givenKey(this.base), `${this.day} ${this.before + uploaded}`);
    } catch {
      // Not allowed to store.
    }
  }
  /** What is left of `total` for this page's engine, over its whole life. */
  left(total: number): number {
    return Math.max(0, total - this.before);
  }

  private given(): number {
    try {
      const [day, bytes] = (localStorage.getItem(givenKey(this.base)) ?? '').split(' ').map(Number);
      return day === today() ? bytes! : 0;
    } catch {
      return 0;
    }
  }
}
