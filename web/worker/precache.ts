/**
 * precache.ts: brings what the publisher names, or the page's tag, into the store while nothing else
 * goes on: peers first, HTTP for what nobody has (the engine's `prefetch`).
 * CONTRACT  stops where bytes, or the battery, cost too much (page/policy.ts).   LIMITS  kPrecacheMax.
 */
import { urlPath } from '../place.js';
import type { Serve } from './serve.js';

/** More is a download that somebody should have asked for. */
const kPrecacheMax = 512 * 1024 * 1024;

/** `urls` are relative to the base; `may`: the visitor's circumstances still allow it. */
export async function precache(
  base: string,
  urls: string[],
  serve: Serve,
  may: () => boolean,
): Promise<void> {
  let left = kPrecacheMax;
  for (const url of urls) {
    const path = urlPath(base, new URL(url, base).href) ?? '';
    left -= serve.sizeOf(path);
    if (!may() || left < 0) return;
    await serve.prefetch(path);
  }
}
