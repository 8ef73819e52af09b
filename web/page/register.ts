/**
 * register.ts: gets the page a Skep service worker: ours, or the site's own that imports ours.
 * CONTRACT  a service worker that the site already has is never replaced. Resolves to the active
 *           worker; rejects with the reason when there is none that speaks Skep for this base.
 */
import type { PageToSw } from '../messages.js';
import { runtimeUrl } from '../place.js';

/** Replaced by build.mjs: for sites with a service worker of their own. */
declare const MORE: { own: string };

const kServingMs = 900;
/**
 * Chromium (156) sometimes forgets that a new worker, which it looks for after a page was loaded, asked
 * not to wait, and leaves it behind an old one that has nothing to do.
 */
const kRemindMs = 8000;
const kOurs = 'skep-sw.js';

const workerOf = (registration: ServiceWorkerRegistration): ServiceWorker | null =>
  registration.active ?? registration.waiting ?? registration.installing;
const isOurs = (worker: ServiceWorker | null): boolean =>
  worker !== null && new URL(worker.scriptURL).pathname.endsWith(`/${kOurs}`);

/** Resolves when the worker has the engine and its site map; a little later if it does not say so. */
export function serving(worker: ServiceWorker): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    setTimeout(resolve, kServingMs);
    port1.onmessage = () => resolve();
    worker.postMessage({ t: 'serving', port: port2 } satisfies PageToSw, [port2]);
  });
}

/** Resolves when the registration has an active worker. */
async function activated(registration: ServiceWorkerRegistration): Promise<ServiceWorker> {
  while (!registration.active) {
    const worker = registration.installing ?? registration.waiting;
    if (!worker) throw new Error('the service worker was not installed');
    await new Promise((resolve) => worker.addEventListener('statechange', resolve, { once: true }));
    if (worker.state === 'redundant') throw new Error('the service worker was refused');
  }
  return registration.active;
}

/** `siteWorker`: the site says that it has (or will have) a service worker of its own. */
export async function register(
  base: string,
  siteWorker: string | undefined,
): Promise<ServiceWorker> {
  const { serviceWorker } = navigator;
  const existing = await serviceWorker.getRegistration(base);
  if (siteWorker !== undefined || (existing && !isOurs(workerOf(existing)))) {
    const own = await activated(existing ?? (await serviceWorker.ready));
    const more = (await import(runtimeUrl(base, MORE.own))) as typeof import('../more/own.js');
    return more.checked(own, base);
  }
  const ours = await serviceWorker.register(`${base}${kOurs}`, { scope: base });
  if (!ours) throw new Error('service workers are blocked');
  setTimeout(() => ours.waiting?.postMessage({ t: 'claim' } satisfies PageToSw), kRemindMs);
  return activated(ours);
}

/** Resolves when a service worker controls this page. */
export async function controlled(worker: ServiceWorker): Promise<void> {
  const { serviceWorker } = navigator;
  if (serviceWorker.controller) return;
  await new Promise<void>((resolve) => {
    serviceWorker.addEventListener('controllerchange', () => resolve(), { once: true });
    worker.postMessage({ t: 'claim' } satisfies PageToSw);
  });
}
