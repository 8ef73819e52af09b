/**
 * range.ts: the Range header of a request for a file of known size.
 * SPEC      RFC 9110 section 14.1.2. Several ranges, and units other than bytes, are left to HTTP.
 */
export interface Span {
  begin: number;
  /** Exclusive. */
  end: number;
}

/** The span asked for; the whole file (null) without a header; 'other': let HTTP answer. */
export function parseRange(header: string | null, size: number): Span | null | 'other' {
  if (header === null) return null;
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim());
  if (!match || (match[1] === '' && match[2] === '')) return 'other';
  if (match[1] === '') {
    const last = Math.min(Number(match[2]), size);
    return last > 0 ? { begin: size - last, end: size } : 'other';
  }
  const begin = Number(match[1]);
  const end = match[2] === '' ? size : Math.min(Number(match[2]) + 1, size);
  return begin < end ? { begin, end } : 'other';
}
