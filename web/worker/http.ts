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
import { originPath, type Catalog } from './catalog.js';

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

export class Http {
  private readonly running = new Map<number, AbortController>();
  /** Per file: ends of what was delivered before, so that a second asking is recognised. */
  private readonly delivered = new Map<string, [begin: number, end: number][]>();

  constructor(
    private readonly base: string,
    private readonly catalog: Catalog,
    private readonly put: (input: Input) => void,
  ) {}

  get(get: HttpGet): void {
    const file = this.catalog.file(get.torrent, get.file);
    if (!file) return this.put({ t: 'http-ended', http: get.http, ok: false });
    const abort = new AbortController();
    this.running.set(get.http, abort);
    const path = originPath(file);
    const known = this.delivered.get(path) ?? [];
    this.delivered.set(path, known);
    const again = known.some(([begin, end]) => begin <= get.begin && get.begin < end);
    const span: [number, number] = [get.begin, get.begin];
    known.push(span);
    if (known.length > kSpansMax) known.shift();
    void this.run(get, pathUrl(this.base, path), again, span, abort.signal);
  }

  cancel(http: number): void {
    this.running.get(http)?.abort();
    this.running.delete(http);
  }

  private async run(
    get: HttpGet,
    url: string,
    again: boolean,
    span: [number, number],
    signal: AbortSignal,
  ): Promise<void> {
    const { http } = get;
    const put = (input: Input): void => {
      if (!signal.aborted) this.put(input);
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
        put({ t: 'http-started', http, status: response.status, ...covers });
        span[0] = span[1] = covers.begin;
        if (response.body) await this.read(response.body, http, span, put);
        ok = true;
      }
    } catch {
      // Refused, reset, aborted: the engine decides what to do next.
    }
    put({ t: 'http-ended', http, ok });
    this.running.delete(http);
  }

  private async read(
    body: ReadableStream<Uint8Array>,
    http: number,
    span: [number, number],
    put: (input: Input) => void,
  ): Promise<void> {
    const reader = body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      span[1] += value.length;
      put({ t: 'http-bytes', http, bytes: value });
    }
  }
}
