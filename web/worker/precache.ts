/**
 * precache.ts: brings what the publisher names, or the page's tag, into the store while nothing else
 * goes on: peers first, HTTP for what nobody has (the engine's `prefetch`).
 * CONTRACT  stops, for this page, where bytes cost money.   LIMITS  kPrecacheMax.
 */
import { urlPath } from '../place.js';
import type { Serve } from './serve.js';

/** More is a download that somebody should have asked for. */
const kPrecacheMax = 512 * 1024 * 1024;

interface NetworkInformation {
  saveData?: boolean;
  type?: string;
}
function metered(): boolean {
  const { connection } = navigator as { connection?: NetworkInformation };
  return connection?.saveData === true || connection?.type === 'cellular';
}

/** `urls` are relative to the base. */
export async function precache(base: string, urls: string[], serve: Serve): Promise<void> {
  let left = kPrecacheMax;
  for (const url of urls) {
    const path = urlPath(base, new URL(url, base).href) ?? '';
    left -= serve.sizeOf(path);
    if (metered() || left < 0) return;
    await serve.prefetch(path);
  }
}
