/**
 * http.ts: the engine's ranges from the origin, by fetch().
 * CONTRACT  every get ends in exactly one http-ended, except those that were cancelled.
 * WHY       marked `Skep: engine`, or our own service worker would answer them. A whole file may come
 *           from the HTTP cache however old: its bytes are checked against the signed tree, and what
 *           fails is asked for again past every cache. Ranges bypass the cache: it admits one request
 *           per URL at a time, and the store keeps the bytes anyway.
 * SPEC      RFC 9110 section 14 (Range, Content-Range).
 */
import type { HttpGet, Input } from '../engine/io.js';
import { pathUrl } from '../place.js';
import * as catalog from './catalog.js';
import { base } from './here.js';
import { put } from './pump.js';

const kPriority = { urgent: 'high', visible: 'high', normal: 'auto', prefetch: 'low' } as const;

/** What a response covers, or null when it is not about bytes of the file. */
export function coverage(response: {
  status: number;
  headers: { get(name: string): string | null };
}): { begin: number; size: number | null } | null {
  const { status, headers } = response;
  if (status === 206) {
    const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get('content-range') ?? '');
    if (!range) return null;
    return { begin: Number(range[1]), size: range[2] === '*' ? null : Number(range[2]) };
  }
  // The length of an encoded body says nothing about the file.
  const length = headers.get('content-encoding') ? null : headers.get('content-length');
  return { begin: 0, size: length === null ? null : Number(length) };
}

const running = new Map<number, AbortController>();
/** Paths of files that were asked for as a whole: the HTTP cache had its chance. */
const asked = new Set<string>();

export function get({ http, torrent, file: number, begin, end, whole, urgency }: HttpGet): void {
  const file = catalog.file({ torrent, file: number });
  if (!file) return put({ t: 'http-ended', http, ok: false });
  const abort = new AbortController();
  running.set(http, abort);
  const path = catalog.originPath(file);
  const headers: Record<string, string> = { Skep: 'engine' };
  if (!whole) headers['Range'] = `bytes=${begin}-${end - 1}`;
  const init: RequestInit & { priority: 'high' | 'auto' | 'low' } = {
    headers,
    signal: abort.signal,
    cache: !whole ? 'no-store' : asked.has(path) ? 'reload' : 'force-cache',
    priority: kPriority[urgency],
  };
  if (whole) asked.add(path);
  void run(http, pathUrl(base, path), init, abort.signal);
}

export function cancel(http: number): void {
  running.get(http)?.abort();
  running.delete(http);
}

async function run(
  http: number,
  url: string,
  init: RequestInit,
  signal: AbortSignal,
): Promise<void> {
  const tell = (input: Input): void => {
    if (!signal.aborted) put(input);
  };
  let ok = false;
  try {
    const response = await fetch(url, init);
    const covers = coverage(response);
    if (covers) {
      tell({ t: 'http-started', http, status: response.status, ...covers });
      const reader = response.body?.getReader();
      for (let part = await reader?.read(); part?.value; part = await reader?.read()) {
        tell({ t: 'http-bytes', http, bytes: part.value });
      }
      ok = true;
    }
  } catch {
    // Refused, reset, aborted: the engine decides what to do next.
  }
  tell({ t: 'http-ended', http, ok });
  running.delete(http);
}
