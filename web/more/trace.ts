/**
 * trace.ts: recordings of the engine for bug reports: the worker's recorder, and skep.trace().
 * CONTRACT  a recording begins with the engine, so it must have been asked for before: by data-trace, by
 *           ?skep=trace, or by a call of skep.trace() before this page was loaded.
 * SPEC      docs/formats/frames.md. `skep replay FILE` runs it again.
 */
import type { News } from '../messages.js';
import type { Loader } from '../page/skep.js';
import { newsChannel } from '../place.js';

export { TraceRecorder } from '../engine/trace.js';

/** The worker answers at once, unless it is busy, or there is none. */
const kWaitMs = 3000;

/** Resolves to what was recorded so far; to null when nothing is: the next load will record. */
export async function run({ base, choices, trace }: Loader): Promise<Blob | null> {
  if (trace === undefined) {
    choices.set('trace');
    return null;
  }
  const news = new BroadcastChannel(newsChannel(base));
  try {
    const file = await new Promise<Blob | null>((resolve) => {
      setTimeout(resolve, kWaitMs, null);
      news.onmessage = ({ data }: MessageEvent<News>) => {
        if (data.t === 'trace') resolve(data.file);
      };
      news.postMessage({ t: 'trace-wanted' } satisfies News);
    });
    if (file) choices.set(null, 'trace');
    return file;
  } finally {
    news.close();
  }
}
