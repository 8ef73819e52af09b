/**
 * asset.ts: a request for a file of the site map: from the store, from the engine, or from the network.
 * CONTRACT  any doubt ends in plain fetch(). What the store has is used only for the current version,
 *           or when the origin does not answer.
 */
import type { StoredFile, SwToPage, Urgency } from '../messages.js';
import { pathUrl } from '../place.js';
import { parseRange, type Span } from '../range.js';
import { open, reachable } from './engine-link.js';
import { keptFile, lacks } from './kept.js';
import { load } from './known.js';
import { tellAsset } from './news.js';
import { reply } from './reply.js';
import { soon } from './soon.js';
import { bodyOf } from './stream.js';
import { version, type Version } from './version.js';
import { base, scope } from './worker-scope.js';

const kLookMs = 100;

/** Pages that have finished loading: their scripts and styles do not block rendering any more. */
const loadedPages = new Set<string>();
const kLoadedMax = 500;
export function pageLoaded(client: string): void {
  if (loadedPages.size >= kLoadedMax) loadedPages.clear();
  loadedPages.add(client);
}

/** Asks a page, once for many pictures, which of them its visitor looks at. */
let lookedAt = 0;
async function look(client: string): Promise<void> {
  if (Date.now() - lookedAt < kLookMs) return;
  lookedAt = Date.now();
  const page = await scope.clients.get(client);
  page?.postMessage({ t: 'look' } satisfies SwToPage);
}

function urgencyOf(event: FetchEvent): Urgency {
  const asked = event.request.headers.get('Skep') as Urgency;
  if (['urgent', 'normal', 'prefetch'].includes(asked)) return asked;
  const blocking = ['script', 'style', 'font', 'xslt'].includes(event.request.destination);
  return blocking && !loadedPages.has(event.clientId) ? 'urgent' : 'normal';
}

function fromKept(
  request: Request,
  file: StoredFile,
  span: Span | null,
  kept: Blob,
): Promise<Response> {
  const body = span ? kept.slice(span.begin, span.end) : kept;
  const size = body.size;
  tellAsset({ url: request.url, size, origin: 0, peer: 0, store: size });
  return reply(body, file, span);
}

async function fromEngine(
  event: FetchEvent,
  path: string,
  file: StoredFile,
  span: Span | null,
  urgency: Urgency,
): Promise<Response | null> {
  if (!(await reachable())) return null;
  const { begin, end } = span ?? { begin: 0, end: file.size };
  if (event.request.destination === 'image') void look(event.clientId);
  const stream = await open(path, begin, end, urgency);
  if (!stream) return null;
  // A service worker may be stopped while nobody waits for it.
  let over = (): void => {};
  event.waitUntil(new Promise<void>((resolve) => (over = resolve)));
  const { url } = event.request;
  const source = file.gz ? pathUrl(base, file.gz) : url;
  const body = bodyOf(stream, { url: source, begin, end, size: file.size }, (resumed) => {
    over();
    if (resumed > 0) tellAsset({ url, size: resumed, origin: resumed, peer: 0, store: 0 });
  });
  return reply(body, file, span);
}

/** Plain HTTP, reported as such; what the store has is the last resort. */
async function fromNetwork(
  request: Request,
  file: StoredFile | undefined,
  span: Span | null | 'other',
): Promise<Response> {
  try {
    const response = await fetch(request);
    if (file && response.ok && span !== 'other') {
      const size = span ? span.end - span.begin : file.size;
      tellAsset({ url: request.url, size, origin: size, peer: 0, store: 0 });
    }
    return response;
  } catch (error) {
    const kept = file && span !== 'other' && (await keptFile(file).catch(() => null));
    if (!kept) throw error;
    return fromKept(request, file, span, kept);
  }
}

async function answer(
  event: FetchEvent,
  path: string,
  file: StoredFile,
  span: Span | null,
): Promise<Response | null> {
  const urgency = urgencyOf(event);
  // What must be there at once comes in the form that the HTTP cache may have.
  const hurry = file.gz && urgency === 'urgent';
  if (hurry && lacks(file)) return null;
  const current = await soon<Version>(version(), 'stale');
  if (current === 'stale') return null;
  const kept = await soon(keptFile(file), null);
  if (kept) return fromKept(event.request, file, span, kept);
  return current === 'current' && !hurry ? fromEngine(event, path, file, span, urgency) : null;
}

/** Answers a GET whose URL may name a file of the site map. */
export async function assetResponse(event: FetchEvent, path: string): Promise<Response> {
  const { request } = event;
  let file: StoredFile | undefined;
  let span: Span | null | 'other' = null;
  try {
    file = (await load()).files.get(path);
    if (file) {
      const range = request.headers.get('range');
      // Ranges of a compressed file are ranges of what comes out.
      span = file.gz && range !== null ? 'other' : parseRange(range, file.size);
      const response = span === 'other' ? null : await answer(event, path, file, span);
      if (response) return response;
    }
  } catch {
    // Whatever it was: the network knows better.
  }
  return fromNetwork(request, file, span);
}
