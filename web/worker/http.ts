/**
 * http.ts: the engine's ranges from the origin, by fetch().
 * CONTRACT  every get ends in exactly one http-ended, except those that were cancelled.
 * WHY       marked `Skep: engine`, or our own service worker would answer them. A whole file may come
 *           from the HTTP cache however old: its bytes are checked against the signed tree, and what
 *           fails is asked again past every cache. Ranges bypass the cache: it admits one request
 *           per URL at a time, and the store keeps the bytes anyway.
 * SPEC      RFC 9110 section 14 (Range, Content-Range).
 */
import type { HttpGet, Input } from '../engine/io.js';
import { pathUrl } from '../place.js';
import * as catalog from './catalog.js';
import { base } from './here.js';
import { put } from './pump.js';

/** A file of 256 MB in segments of 1 MB. */
const kSpansMax = 256;
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
/** Per file: ends of what was delivered before, so that a second asking is recognised. */
const delivered = new Map<string, [begin: number, end: number][]>();

export function get(get: HttpGet): void {
  const file = catalog.file(get);
  if (!file) return put({ t: 'http-ended', http: get.http, ok: false });
  const abort = new AbortController();
  running.set(get.http, abort);
  const path = catalog.originPath(file);
  const known = delivered.get(path) ?? [];
  delivered.set(path, known);
  const again = known.some(([begin, end]) => begin <= get.begin && get.begin < end);
  const span: [number, number] = [get.begin, get.begin];
  known.push(span);
  if (known.length > kSpansMax) known.shift();
  void run(get, pathUrl(base, path), again, span, abort.signal);
}

export function cancel(http: number): void {
  running.get(http)?.abort();
  running.delete(http);
}

async function run(
  get: HttpGet,
  url: string,
  again: boolean,
  span: [number, number],
  signal: AbortSignal,
): Promise<void> {
  const { http } = get;
  const tell = (input: Input): void => {
    if (!signal.aborted) put(input);
  };
  let ok = false;
  try {
    const headers: Record<string, string> = { Skep: 'engine' };
    if (!get.whole) headers['Range'] = `bytes=${get.begin}-${get.end - 1}`;
    const init: RequestInit & { priority: 'high' | 'auto' | 'low' } = {
      headers,
      signal,
      cache: again ? 'reload' : get.whole ? 'force-cache' : 'no-store',
      priority: kPriority[get.urgency],
    };
    const response = await fetch(url, init);
    const covers = coverage(response);
    if (covers) {
      tell({ t: 'http-started', http, status: response.status, ...covers });
      span[0] = span[1] = covers.begin;
      if (response.body) await read(response.body, http, span, tell);
      ok = true;
    }
  } catch {
    // Refused, reset, aborted: the engine decides what to do next.
  }
  tell({ t: 'http-ended', http, ok });
  running.delete(http);
}

async function read(
  body: ReadableStream<Uint8Array>,
  http: number,
  span: [number, number],
  tell: (input: Input) => void,
): Promise<void> {
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    span[1] += value.length;
    tell({ t: 'http-bytes', http, bytes: value });
  }
}
