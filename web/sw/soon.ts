/** soon.ts: a page must not wait for a disk, or an origin, that does not answer. */
const kPatienceMs = 1500;

/** What the promise brings, or `otherwise` after kPatienceMs. */
export const soon = <T>(promise: Promise<T>, otherwise: T): Promise<T> =>
  Promise.race([promise, new Promise<T>((resolve) => setTimeout(resolve, kPatienceMs, otherwise))]);
