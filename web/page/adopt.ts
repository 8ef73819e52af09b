/**
 * adopt.ts: finds what this page has loaded already, without Skep, so that it can be shared, too.
 * CONTRACT  names and sizes only; the engine's worker takes them from the HTTP cache.
 */
import type { Loaded } from '../messages.js';
import { urlPath } from '../place.js';

/** Media elements load parts, as they play. */
const kPartial = ['video', 'audio', 'track'];

export function loadedFiles(base: string): Loaded[] {
  const files: Loaded[] = [];
  for (const entry of performance.getEntriesByType('resource') as PerformanceResourceTiming[]) {
    const { name, initiatorType, encodedBodySize, decodedBodySize: size } = entry;
    const path = kPartial.includes(initiatorType) ? null : urlPath(base, name);
    if (path && size > 0 && size === encodedBodySize) files.push({ path, size });
  }
  return files;
}
