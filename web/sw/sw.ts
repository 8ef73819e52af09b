/**
 * sw.ts: the service worker: its events, and which of them are ours.
 * CONTRACT  no state that matters: it may be stopped after any event. A request that is not ours falls
 *           through untouched. Imported into a site's own service worker (importScripts), only files
 *           of the site map are answered, and nothing is installed or claimed.
 */
import type { PageToSw, SwToPage } from '../messages.js';
import { assetResponse, pageLoaded } from './asset.js';
import { attach, detach, serving } from './engine-link.js';
import { list } from './kept.js';
import { type Known, load, pathOf, peek } from './known.js';
import { recentSince } from './news.js';
import { pageResponse } from './page.js';
import { recheck } from './version.js';
import { base, imported, scope } from './worker-scope.js';

/** Their response headers carry policy (CSP, COEP) that the site map does not know. */
const kPolicyBearers = ['document', 'iframe', 'frame', 'embed', 'object', 'worker', 'sharedworker'];

if (!imported) {
  scope.addEventListener('install', () => void scope.skipWaiting());
  scope.addEventListener('activate', (event) => {
    const preload = scope.registration.navigationPreload?.enable().catch(() => {});
    event.waitUntil(Promise.all([scope.clients.claim(), preload]));
  });
}

scope.addEventListener('message', (event) => {
  const message = event.data as PageToSw;
  const source = event.source as Client | null;
  switch (message?.t) {
    case 'port':
      return attach(message.port);
    case 'no-engine':
      return detach();
    case 'ping':
      return message.port.postMessage({ base });
    case 'serving':
      return event.waitUntil(serving().then(() => message.port.postMessage(true)));
    case 'claim':
      return imported
        ? undefined
        : event.waitUntil(scope.skipWaiting().then(() => scope.clients.claim()));
    case 'loaded':
      return source ? pageLoaded(source.id) : undefined;
    case 'recent': {
      const assets = recentSince(message.sinceMs);
      return source?.postMessage({ t: 'recent', assets } satisfies SwToPage);
    }
  }
});

function ours(request: Request): boolean {
  return (
    request.method === 'GET' &&
    request.url.startsWith(base) &&
    request.headers.get('Skep') !== 'engine' &&
    !request.headers.has('Authorization')
  );
}

/** Who asks past the caches, or has a copy to compare, means the origin itself. */
const forOrigin = ({ cache, headers }: Request): boolean =>
  ['no-store', 'reload', 'only-if-cached'].includes(cache) ||
  [...headers.keys()].some((name) => name.startsWith('if-'));

scope.addEventListener('fetch', (event) => {
  const { request } = event;
  if (!ours(request)) return;
  if (request.mode === 'navigate') {
    if (imported) return void recheck();
    void recheck();
    list().catch(() => {});
    return event.respondWith(pageResponse(event));
  }
  if (forOrigin(request)) return;
  const known = peek();
  const path = pathOf(request.url) ?? '';
  const shared = ({ files }: Known): boolean =>
    files.has(path) && !kPolicyBearers.includes(request.destination);
  if (known && shared(known)) event.respondWith(assetResponse(event, path));
  else if (imported) void load();
  else if (known?.pages.has(request.url)) event.respondWith(pageResponse(event));
  else if (!known) {
    // Started a moment ago: what is stored is still being read.
    const answer = (now: Known): Promise<Response> =>
      shared(now) ? assetResponse(event, path) : pageResponse(event);
    event.respondWith(load().then(answer));
  }
});

void load();
