/**
 * worker.ts: the engine worker's entry: takes the engine's lock, starts the host, passes messages on.
 * CONTRACT  messages that arrive before the host runs are kept. The lock is held until this worker
 *           ends, however it ends: that is how the service worker learns of it.
 */
import type { PageToWorker, WorkerToPage } from '../messages.js';
import { engineLock } from '../place.js';
import { Host } from './host.js';

const toPage = (message: WorkerToPage): void => postMessage(message);
const early: PageToWorker[] = [];
let host: Host | null = null;

async function start(message: Extract<PageToWorker, { t: 'start' }>): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      const hold = (): Promise<never> => {
        resolve();
        return new Promise(() => {});
      };
      navigator.locks.request(engineLock(message.base), hold).catch(reject);
    });
    const started = await Host.start(message, toPage);
    host = started;
    toPage({ t: 'up' });
    for (const waiting of early.splice(0)) started.receive(waiting);
  } catch (error) {
    toPage({ t: 'dead', reason: String(error) });
  }
}

addEventListener('message', ({ data }: MessageEvent<PageToWorker>) => {
  if (data.t === 'start') void start(data);
  else if (host) host.receive(data);
  else early.push(data);
});
