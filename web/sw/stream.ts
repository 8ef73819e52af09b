/**
 * stream.ts: a response body that starts at the engine and, should that die, goes on by HTTP.
 * CONTRACT  delivers exactly the bytes [begin, end) of the signed file, or errors: never others.
 */
import type { Chunks } from './chunks.js';
import { httpFrom } from './resume.js';

/** The engine itself turns to HTTP when a deadline is at risk; this is for one that hangs. */
const kStallMs = 8000;

export interface Origin {
  url: string;
  begin: number;
  end: number;
  size: number;
}

/** `onOver`: called once, with the bytes that came by HTTP in the end. */
export function bodyOf(
  engine: Chunks,
  { url, begin, end, size }: Origin,
  onOver: (resumedBytes: number) => void,
): ReadableStream<Uint8Array> {
  let at = begin;
  let resumed = 0;
  let http: ReadableStreamDefaultReader<Uint8Array> | null = null;
  const next = async (): Promise<Uint8Array | null> => {
    if (!http) {
      try {
        return await engine.next(kStallMs);
      } catch (error) {
        if (engine.mismatch) throw error;
        engine.cancel();
        http = await httpFrom(url, at, end, size);
      }
    }
    const { value } = await http.read();
    resumed += value?.length ?? 0;
    return value ?? null;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const chunk = at < end ? await next() : null;
          if (chunk) {
            at += chunk.length;
            controller.enqueue(chunk);
          }
          if (at < end && chunk) return;
          if (at !== end) throw new Error('cut short');
          controller.close();
        } catch (error) {
          controller.error(error);
        }
        onOver(resumed);
      },
      cancel() {
        engine.cancel();
        void http?.cancel();
        onOver(resumed);
      },
    },
    { highWaterMark: 1 },
  );
}
