/**
 * reply.ts: a file of the site map as an HTTP response: its headers, 200 or 206; swarm forms decoded.
 */
import type { StoredFile } from '../messages.js';
import type { Span } from '../range.js';

export function reply(
  body: Blob | ReadableStream<Uint8Array>,
  file: StoredFile,
  span: Span | null,
): Response {
  const headers = new Headers({ 'Content-Type': file.type, 'Accept-Ranges': 'bytes' });
  if (file.cache !== '') headers.set('Cache-Control', file.cache);
  if (file.gz) {
    const packed = body instanceof Blob ? body.stream() : body;
    const plain = packed.pipeThrough(new DecompressionStream('gzip') as TransformStream);
    return new Response(plain, { headers, statusText: 'OK' });
  }
  headers.set('Content-Length', String(span ? span.end - span.begin : file.size));
  if (!span) return new Response(body, { headers, statusText: 'OK' });
  headers.set('Content-Range', `bytes ${span.begin}-${span.end - 1}/${file.size}`);
  return new Response(body, { status: 206, statusText: 'Partial Content', headers });
}
