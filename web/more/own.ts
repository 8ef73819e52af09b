/**
 * own.ts: a site's own service worker: does it import ours?
 */
import type { PageToSw } from '../messages.js';

const kPingMs = 500;

/** Does this worker speak Skep for `base`? */
export function speaksSkep(worker: ServiceWorker, base: string): Promise<boolean> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    setTimeout(resolve, kPingMs, false);
    port1.onmessage = ({ data }: MessageEvent<{ base: string }>) => resolve(data.base === base);
    worker.postMessage({ t: 'ping', port: port2 } satisfies PageToSw, [port2]);
  });
}

/** This worker; rejects when it is not for us. */
export async function checked(worker: ServiceWorker, base: string): Promise<ServiceWorker> {
  if (await speaksSkep(worker, base)) return worker;
  throw new Error("the site's own service worker does not import skep-sw.js");
}
