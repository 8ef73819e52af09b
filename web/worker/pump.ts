/**
 * pump.ts: turns the engine: inputs in, outputs to their doers, a timer for its next wakeup.
 * CONTRACT  put() may be called from anywhere, also while outputs are being acted upon: inputs queue
 *           and are handled in order. After a trap nothing is handled any more, and the page
 *           was told once. A doer keeps no bytes of an output: they are the engine's memory.
 */
import type { Engine } from '../engine/engine.js';
import { EngineTrap } from '../engine/engine.js';
import type { Input, Output } from '../engine/io.js';
import { toPage } from './here.js';

/** One doer per kind of output. */
export type Doers = { [T in Output['t']]: (output: Extract<Output, { t: T }>) => void };

const queue: Input[] = [];
let running = false;
let timer: ReturnType<typeof setTimeout> | undefined;
/** What the timer waits for. A later wakeup needs no new timer: the tick comes early, and looks. */
let awaitedUs = Infinity;
let engine: Engine;
let doers: Doers | undefined;

/** What to turn, and who acts; before this, inputs wait. */
export function start(machine: Engine, act: Doers): void {
  engine = machine;
  doers = act;
  run();
}

export function put(input: Input): void {
  queue.push(input);
  run();
}

function run(): void {
  if (running || !doers || !engine.alive) return;
  running = true;
  try {
    for (let input = queue.shift(); input; input = queue.shift()) {
      engine.handle(performance.now() * 1000, input);
      for (let output = engine.poll(); output; output = engine.poll()) {
        (doers[output.t] as (output: Output) => void)(output);
      }
    }
    sleep();
  } catch (error) {
    queue.length = 0;
    if (!(error instanceof EngineTrap)) console.warn('skep:', error);
    clearTimeout(timer);
    doers = undefined;
    toPage({ t: 'dead', reason: String(error) });
  } finally {
    running = false;
  }
}

function sleep(): void {
  const at = engine.nextWakeupUs();
  if (at === null || at >= awaitedUs) return;
  awaitedUs = at;
  clearTimeout(timer);
  // Timers round down to whole milliseconds: one more, or we would come too early and come again.
  const waitMs = Math.max(1, Math.ceil(at / 1000 - performance.now()));
  timer = setTimeout(
    () => {
      awaitedUs = Infinity;
      put({ t: 'tick' });
    },
    Math.min(waitMs, 0x7fff_ffff),
  );
}
