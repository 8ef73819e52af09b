/**
 * resume.ts: the rest of a file by plain HTTP, for a page whose engine died in mid-stream.
 * CONTRACT  rejects unless the origin's file has the size that was signed.
 * SPEC      RFC 9110 sections 14.2 and 15.3.7.
 */
export async function httpFrom(
  url: string,
  at: number,
  end: number,
  size: number,
): Promise<ReadableStreamDefaultReader<Uint8Array>> {
  const headers = { Range: `bytes=${at}-${end - 1}` };
  const response = await fetch(url, { headers, cache: 'no-store' });
  const range = response.headers.get('content-range');
  if (response.status === 206 && range === `bytes ${at}-${end - 1}/${size}` && response.body) {
    return response.body.getReader();
  }
  // A server without ranges sends everything: skip what the page has.
  const length = response.headers.get('content-length');
  const encoded = response.headers.has('content-encoding');
  if (response.status !== 200 || !response.body || (!encoded && length !== String(size))) {
    await response.body?.cancel();
    throw new Error('another file');
  }
  return response.body.pipeThrough(slice(at, end)).getReader();
}

/** Lets bytes [begin, end) of a stream through. */
function slice(begin: number, end: number): TransformStream<Uint8Array, Uint8Array> {
  let at = 0;
  return new TransformStream({
    transform(chunk, controller) {
      const part = chunk.subarray(
        Math.min(chunk.length, Math.max(0, begin - at)),
        Math.max(0, end - at),
      );
      at += chunk.length;
      if (part.length > 0) controller.enqueue(part);
    },
  });
}
