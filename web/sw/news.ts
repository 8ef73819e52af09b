/**
 * news.ts: tells pages which assets the service worker answered by itself.
 * LIMITS    the latest kRecentMax are remembered for pages that begin to listen only later.
 */
import type { Asset, News } from '../messages.js';
import { newsChannel } from '../place.js';
import { base } from './worker-scope.js';

const kRecentMax = 2000;
const recent: { atMs: number; asset: Asset }[] = [];
let channel: BroadcastChannel | null = null;

/** To every tab. */
export function tell(news: News): void {
  channel ??= new BroadcastChannel(newsChannel(base));
  channel.postMessage(news);
}

export function tellAsset(asset: Asset): void {
  recent.push({ atMs: Date.now(), asset });
  if (recent.length > kRecentMax) recent.shift();
  tell({ t: 'asset', asset, by: 'sw' });
}

export const recentSince = (sinceMs: number): Asset[] =>
  recent.filter(({ atMs }) => atMs >= sinceMs).map(({ asset }) => asset);
