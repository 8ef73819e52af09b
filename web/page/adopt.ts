/**
 * adopt.ts: finds what this page has loaded already, without Skep, so that it can be shared, too.
 * CONTRACT  names only; the engine takes what the site map names, from the HTTP cache as a rule.
 */
import { urlPath } from '../place.js';

/** Media elements load parts, as they play: taking all of a film would cost more than it gives. */
const kPartial = ['video', 'audio', 'track'];

export function loadedPaths(base: string): string[] {
  const paths = new Set<string>();
  for (const entry of performance.getEntriesByType('resource')) {
    const { name, initiatorType } = entry as PerformanceResourceTiming;
    const path = kPartial.includes(initiatorType) ? null : urlPath(base, name);
    if (path !== null && path !== '' && !path.startsWith('.well-known/')) paths.add(path);
  }
  return [...paths];
}
