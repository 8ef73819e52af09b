/**
 * uninstall.ts: takes everything of Skep out of this browser, for this site: engine, service worker, files,
 * pages, choices.
 * CONTRACT  resolves when it is gone, in all tabs; rejects when something cannot be deleted. The page
 *           goes on by plain HTTP. Its next load installs Skep again, unless it is uninstalled for good.
 */
import type { Loader } from '../page/skep.js';
import type { News } from '../messages.js';
import { givenKey, newsChannel } from '../place.js';
import { removeStored } from '../removal.js';

export async function run(
  { base, choices, state }: Loader,
  { forGood = false }: { forGood?: boolean } = {},
): Promise<void> {
  const reason = 'uninstalled here';
  const news = new BroadcastChannel(newsChannel(base));
  news.postMessage({ t: 'over', reason } satisfies News);
  news.close();
  const registration = await navigator.serviceWorker?.getRegistration(base);
  if (registration?.active?.scriptURL === `${base}skep-sw.js`) await registration.unregister();
  const gone = await removeStored(base, false);
  choices.set(forGood ? 'uninstalled' : null, 'agreed', 'declined', 'told', 'paused', 'trace');
  try {
    localStorage.removeItem(givenKey(base));
  } catch {
    // Nothing was stored then.
  }
  state({ mode: 'off', reason });
  if (!gone) throw new Error('some files are still in use; close the other tabs of this site');
}
