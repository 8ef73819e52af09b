/**
 * here.ts: what everything in this worker shares; it serves one site, as long as it lives.
 * CONTRACT  begin() comes before anything else.
 */
import type { News, Options, PageToWorker, WorkerToPage } from '../messages.js';
import { newsChannel } from '../place.js';

export let base: string;
export let options: Options;
/** To every tab, and from them. */
export let news: BroadcastChannel;

export function begin(start: Extract<PageToWorker, { t: 'start' }>): void {
  ({ base, options } = start);
  news = new BroadcastChannel(newsChannel(base));
}

export const tell = (message: News): void => news.postMessage(message);
export const toPage = (message: WorkerToPage): void => postMessage(message);
