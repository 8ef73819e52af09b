/**
 * reply.ts: a file of the site map as an HTTP response: its headers, 200 or 206; swarm forms decoded.
 */
import type { StoredFile } from '../messages.js';
import type { Span } from '../range.js';

/**
 * At most this is answered as a whole: a body that the browser holds outlives a service worker that
 * is stopped, and a request without an answer is asked again. A stream would break off.
 */
const kWholeMax = 256 * 1024;

export async function reply(
  body: Blob | ReadableStream<Uint8Array>,
  file: StoredFile,
  span: Span | null,
): Promise<Response> {
  const size = span ? span.end - span.begin : file.size;
  const headers = new Headers({ 'Content-Type': file.type, 'Accept-Ranges': 'bytes' });
  if (file.cache !== '') headers.set('Cache-Control', file.cache);
  let answer = body;
  if (file.gz) {
    const packed = body instanceof Blob ? body.stream() : body;
    answer = packed.pipeThrough(new DecompressionStream('gzip') as TransformStream);
  } else headers.set('Content-Length', String(size));
  if (size <= kWholeMax && !(answer instanceof Blob)) answer = await new Response(answer).blob();
  if (!span) return new Response(answer, { headers, statusText: 'OK' });
  headers.set('Content-Range', `bytes ${span.begin}-${span.end - 1}/${file.size}`);
  return new Response(answer, { status: 206, statusText: 'Partial Content', headers });
}
