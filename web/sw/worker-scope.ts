/** worker-scope.ts: the service worker's global scope, typed; and where the site is. */

declare const self: ServiceWorkerGlobalScope & { SKEP_BASE?: string };
export const scope = self;

/**
 * The site's base. A site's own service worker that imports ours from elsewhere sets SKEP_BASE (a
 * URL, absolute or relative to itself) first.
 */
export const base: string = scope.SKEP_BASE
  ? new URL(scope.SKEP_BASE, scope.location.href).href
  : scope.registration.scope;

/** True in a service worker of the site that imported ours: we keep to what is ours alone. */
export const imported: boolean = !scope.location.pathname.endsWith('/skep-sw.js');
