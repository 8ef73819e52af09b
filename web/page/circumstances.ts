/**
 * circumstances.ts: asks the browser what policy.ts wants to know, and notices changes.
 * WHY       a page that is hidden may lead for another tab that is seen: every seen tab holds a lock, so
 *           that one which crashed is not taken for seen.
 */
import { seenLock } from '../place.js';
import type { Choices } from './choice.js';
import { type Circumstances, kHiddenMs } from './policy.js';

interface NetworkInformation extends EventTarget {
  saveData?: boolean;
  type?: string;
  effectiveType?: string;
}
interface Battery extends EventTarget {
  charging: boolean;
}
interface Device {
  connection?: NetworkInformation;
  getBattery?(): Promise<Battery>;
  userAgentData?: { mobile: boolean };
}

export class Watch {
  private readonly device = navigator as unknown as Device;
  private charging: boolean | undefined;
  private hiddenAt: number | null = null;
  private letGo: (() => void) | null = null;
  /** The page is being left: whoever asks for locks now keeps it out of the back/forward cache. */
  private left = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly base: string,
    private readonly choices: Choices,
    /** Something may be different now. */
    private readonly changed: () => void,
    /** Tells the other tabs that this one is seen now, or not. */
    private readonly tellSeen: () => void,
  ) {
    this.device.connection?.addEventListener?.('change', changed);
    addEventListener('storage', changed); // a choice made in another tab
    document.addEventListener('visibilitychange', () => this.see());
    addEventListener('pagehide', () => (this.left = true));
    this.see();
    this.device.getBattery?.().then(
      (battery) => {
        const read = (): void => {
          this.charging = battery.charging;
          changed();
        };
        battery.addEventListener('chargingchange', read);
        read();
      },
      () => {},
    );
  }

  now(): Omit<Circumstances, 'allowance'> {
    const { connection, userAgentData } = this.device;
    const { saveData, type, effectiveType } = connection ?? {};
    return {
      saveData,
      type,
      effectiveType,
      charging: this.charging,
      mobile: userAgentData?.mobile ?? /Mobi|Android|iP(hone|ad)/.test(navigator.userAgent),
      hiddenMs: this.hiddenAt === null ? 0 : Math.max(1, performance.now() - this.hiddenAt),
      agreed: this.choices.has('agreed'),
      declined: this.choices.has('declined'),
      paused: this.choices.has('paused'),
    };
  }

  /** This or another tab was shown or hidden. */
  async look(): Promise<void> {
    const { held } = await navigator.locks.query();
    const seen = !document.hidden || held?.some(({ name }) => name === seenLock(this.base));
    if (seen) this.hiddenAt = null;
    else this.hiddenAt ??= performance.now();
    clearTimeout(this.timer);
    // Later it counts as hidden for long; and a tab that was seen may have crashed.
    if (document.hidden) this.timer = setTimeout(() => void this.look(), kHiddenMs + 100);
    this.changed();
  }

  private see(): void {
    this.left &&= document.hidden;
    if (document.hidden) {
      if (!this.letGo) return this.tell();
      this.letGo();
      this.letGo = null;
    } else if (!this.letGo) {
      const hold = (): Promise<void> | undefined => {
        if (document.hidden) return undefined;
        this.tell();
        return new Promise((resolve) => (this.letGo = resolve));
      };
      // The others look when the lock is really held, and when it really is not any more.
      void navigator.locks
        .request(seenLock(this.base), { mode: 'shared' }, hold)
        .then(() => this.tell());
    }
  }
  private tell(): void {
    if (this.left) return;
    this.tellSeen();
    void this.look();
  }
}
