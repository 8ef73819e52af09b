/**
 * worker.ts: the engine worker's entry: takes the engine's lock, starts the host, passes messages on.
 * CONTRACT  messages that arrive before the host runs are kept. The lock is held until this worker
 *           ends, however it ends: that is how the service worker learns of it.
 */
import type { PageToWorker } from '../messages.js';
import { engineLock } from '../place.js';
import { toPage } from './here.js';
import { receive, start } from './host.js';

const early: PageToWorker[] = [];
let running = false;

async function begin(message: Extract<PageToWorker, { t: 'start' }>): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      const hold = (): Promise<never> => {
        resolve();
        return new Promise(() => {});
      };
      navigator.locks.request(engineLock(message.base), hold).catch(reject);
    });
    await start(message);
    running = true;
    toPage({ t: 'up' });
    early.forEach(receive);
  } catch (error) {
    toPage({ t: 'dead', reason: String(error) });
  }
}

export function startWorker(): void {
  addEventListener('message', ({ data }: MessageEvent<PageToWorker>) => {
    if (data.t === 'start') void begin(data);
    else if (running) receive(data);
    else early.push(data);
  });
}
