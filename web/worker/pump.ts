/**
 * pump.ts: turns the engine: inputs in, outputs to their doers, a timer for its next wakeup.
 * CONTRACT  put() may be called from anywhere, also while outputs are being acted upon: inputs queue
 *           and are handled in order. After a trap nothing is handled any more and `onTrap` was
 *           called once. A doer keeps no bytes of an output: they are the engine's memory.
 */
import type { Engine } from '../engine/engine.js';
import { EngineTrap } from '../engine/engine.js';
import type { Input, Output } from '../engine/io.js';

/** One doer per kind of output. */
export type Doers = { [T in Output['t']]: (output: Extract<Output, { t: T }>) => void };

export class Pump {
  private readonly queue: Input[] = [];
  private running = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  /** What the timer waits for. A later wakeup needs no new timer: the tick comes early, and looks. */
  private awaitedUs = Infinity;
  private doers: Doers | undefined;

  constructor(
    private readonly engine: Engine,
    private readonly onTrap: (reason: string) => void,
  ) {}

  /** Who acts; before this, inputs wait. */
  connect(doers: Doers): void {
    this.doers = doers;
    this.run();
  }

  put(input: Input): void {
    this.queue.push(input);
    this.run();
  }

  private run(): void {
    if (this.running || !this.doers || !this.engine.alive) return;
    this.running = true;
    try {
      for (let input = this.queue.shift(); input; input = this.queue.shift()) {
        this.engine.handle(performance.now() * 1000, input);
        for (let output = this.engine.poll(); output; output = this.engine.poll()) {
          (this.doers[output.t] as (output: Output) => void)(output);
        }
      }
      this.sleep();
    } catch (error) {
      this.queue.length = 0;
      if (!(error instanceof EngineTrap)) console.warn('skep:', error);
      this.stop();
      this.onTrap(String(error));
    } finally {
      this.running = false;
    }
  }

  private sleep(): void {
    const at = this.engine.nextWakeupUs();
    if (at === null || at >= this.awaitedUs) return;
    this.awaitedUs = at;
    clearTimeout(this.timer);
    // Timers round down to whole milliseconds: one more, or we would come too early and come again.
    const waitMs = Math.max(1, Math.ceil(at / 1000 - performance.now()));
    this.timer = setTimeout(
      () => {
        this.awaitedUs = Infinity;
        this.put({ t: 'tick' });
      },
      Math.min(waitMs, 0x7fff_ffff),
    );
  }

  stop(): void {
    clearTimeout(this.timer);
    this.doers = undefined;
  }
}
