/**
 * runtime.ts: the runtime: one script for the page and for the engine's worker, which looks where it runs.
 * CONTRACT  a page imports it, a worker is made of it: so it has no exports, and what it imports does nothing
 *           before it is called. A page's loader finds the start in `skepStart`.
 * WHY       brotli makes less of one file than of two, and the browser downloads it once: a worker finds it
 *           in the HTTP cache. (Not so a service worker: Firefox downloads what that imports again.)
 */
import { start } from './page/runtime.js';
import type { Loader } from './page/skep.js';
import { startWorker } from './worker/worker.js';

declare global {
  var skepStart: ((loader: Loader) => Promise<void>) | undefined;
}

if ('document' in globalThis) globalThis.skepStart = start;
else startWorker();
