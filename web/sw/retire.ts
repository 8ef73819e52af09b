/**
 * retire.ts: how this service worker ends: the site has switched Skep off, or has left it altogether.
 * CONTRACT  from now on nothing is answered; with the next load of a page nothing is controlled. A
 *           service worker of the site's own, which imports us, stays.
 * SPEC      docs/formats/pointer.md, "Switched off".
 */
import { removeStored } from '../removal.js';
import { tell } from './news.js';
import { base, imported, scope } from './worker-scope.js';

/** Ends every tab's Skep; what is stored stays. */
export async function retire(reason: string): Promise<void> {
  tell({ t: 'over', reason });
  if (!imported) await scope.registration.unregister();
}

/** Hosts that answer everything with a page count as those that say 404. */
const gone = ({ status, headers }: Response): boolean =>
  status === 404 || status === 410 || /html/.test(headers.get('content-type') ?? '');

/** The pointer is gone, or is none: if this very script is gone, too, the site has removed Skep. */
export async function retireIfRemoved(pointer: Response): Promise<void> {
  if (imported || !gone(pointer)) return;
  const script = await fetch(scope.location.href, { cache: 'no-store' });
  if (!gone(script)) return;
  await retire('the site does not use Skep any more');
  await removeStored(base, false);
}
