/** reply.ts: a file of the site map as an HTTP response: its headers, 200 or 206. */
import type { StoredFile } from '../messages.js';
import type { Span } from '../range.js';

export function reply(body: BodyInit | null, file: StoredFile, span: Span | null): Response {
  const headers = new Headers({
    'Content-Type': file.type,
    'Content-Length': String(span ? span.end - span.begin : file.size),
    'Accept-Ranges': 'bytes',
  });
  if (file.cache !== '') headers.set('Cache-Control', file.cache);
  if (!span) return new Response(body, { headers });
  headers.set('Content-Range', `bytes ${span.begin}-${span.end - 1}/${file.size}`);
  return new Response(body, { status: 206, statusText: 'Partial Content', headers });
}
