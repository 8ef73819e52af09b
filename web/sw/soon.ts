/** soon.ts: a page must not wait for a disk, or an origin, that does not answer, or fails. */
const kPatienceMs = 1500;

/** What the promise brings; `otherwise` when it rejects, or after kPatienceMs. */
export const soon = <T>(promise: Promise<T>, otherwise: T): Promise<T> =>
  Promise.race([
    promise.catch(() => otherwise),
    new Promise<T>((resolve) => setTimeout(resolve, kPatienceMs, otherwise)),
  ]);
