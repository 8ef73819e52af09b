/**
 * diagnose.ts: skep.diagnose(): why are peers not used? In words, and by the ids of docs/diagnostics.md.
 * CONTRACT  never rejects; problems first, then notes. Where the visitor has not agreed to peers, nothing
 *           is sent to tracker, STUN server or peers.
 * LIMITS    about 15 s when everything that can be late is.
 */
import type { Finding } from '../types/skep.js';
import type { Loader } from '../page/skep.js';
import { readOptions } from '../page/options.js';
import { filesCache, siteFolder, trackerUrl } from '../place.js';
import { type Cause, causes } from './look/causes.js';
import { speaksSkep } from './own.js';
import { checkLoopback, checkStun, checkTracker } from './look/network-checks.js';
import {
  checkPointer,
  checkRuntime,
  checkTorrents,
  checkUrl,
  type Tell,
} from './look/origin-checks.js';

const kLevels = ['problem', 'note', 'good'] as const;
/** Less room than this holds no file worth sharing. */
const kRoomMin = 1_000_000;

/** What the browser lacks. True: looking further makes no sense. */
async function checkBrowser({ base, siteWorker }: Loader, tell: Tell): Promise<boolean> {
  if (!isSecureContext) tell('insecure-context', 'problem', location.origin);
  if (!navigator.onLine) tell('offline', 'problem');
  if (typeof WebAssembly === 'undefined') tell('no-wasm', 'problem');
  if (typeof RTCPeerConnection === 'undefined') tell('no-webrtc', 'problem');
  if (!isSecureContext) return true;
  try {
    const registration = await navigator.serviceWorker.getRegistration(base);
    const worker = registration?.active;
    if (worker && !(await speaksSkep(worker, base))) {
      tell('service-worker-foreign', 'problem', worker.scriptURL);
    } else if (siteWorker !== undefined && !worker) {
      tell('service-worker-foreign', 'problem', siteWorker);
    }
    // register.ts says why.
    if (/^(not ready in time: )?(the )?service workers? (are|was) /.test(skep.state.reason ?? '')) {
      tell('no-service-worker', 'problem', skep.state.reason!);
    }
  } catch (error) {
    tell('no-service-worker', 'problem', String(error));
  }
  try {
    await siteFolder(base).catch((error) => tell('no-opfs', 'note', String(error)));
    await caches.has(filesCache(base));
    const { quota = Infinity, usage = 0 } = await navigator.storage.estimate();
    if (quota - usage < kRoomMin) tell('storage-full', 'note', `${usage} of ${quota} bytes`);
  } catch (error) {
    tell('storage-full', 'note', String(error));
  }
  return false;
}

/** The visitor's choices and circumstances. True: nothing may be sent to anybody. */
function checkChoice({ choices, data, decision }: Loader, tell: Tell): boolean {
  const options = readOptions(data);
  if (choices.has('uninstalled')) tell('uninstalled', 'problem');
  const why: Cause | '' = !options.peers
    ? 'peers-off'
    : choices.has('declined')
      ? 'consent-declined'
      : options.consent === 'ask' && !choices.has('agreed')
        ? 'consent-missing'
        : choices.has('paused')
          ? 'paused'
          : '';
  if (why) tell(why, 'problem');
  else if (decision?.why) tell(decision.why, decision.usePeers ? 'note' : 'problem');
  if (document.hidden && decision?.why !== 'battery') tell('hidden', 'note');
  return why !== '' || choices.has('uninstalled');
}

async function checkNetwork(
  { data }: Loader,
  tracker: string,
  hash: string,
  tell: Tell,
): Promise<void> {
  const view = await checkTracker(tracker, hash, tell);
  if (typeof RTCPeerConnection === 'undefined') return;
  if (!(await checkLoopback(tell))) return;
  const { ice } = readOptions(data);
  if (ice.length > 0) await checkStun(ice, tell);
  if (!view || skep.stats().peers.length > 0) return;
  // We are one of those that the tracker counts, if we have announced.
  const others = (view.others ?? 1) - (skep.state.mode === 'on' ? 1 : 0);
  if (others <= 0) tell('alone', 'note');
  else tell('links-failed', skep.state.mode === 'on' ? 'problem' : 'note', `${others} others`);
}

export async function run(
  loader: Loader,
  { url }: { url?: string | URL } = {},
): Promise<Finding[]> {
  const found = new Map<Cause, Finding>();
  const tell: Tell = (id, level, detail = '') => {
    const [text, advice] = causes[id];
    const known = found.get(id);
    if (known && detail && !known.detail.includes(detail)) known.detail += `, ${detail}`;
    found.set(id, known ?? { id, level, text, advice, detail });
  };
  try {
    const hopeless = await checkBrowser(loader, tell);
    const forbidden = checkChoice(loader, tell);
    if (!hopeless) {
      const { reason = '' } = skep.state;
      if (reason === 'starting') tell('starting', 'note');
      if (/EngineTrap|engine stopped/.test(reason)) tell('engine-failed', 'problem', reason);
      await checkRuntime(loader, tell);
      const trusted = await checkPointer(loader, tell);
      if (trusted) {
        const { pointer } = trusted;
        const named = await checkTorrents(loader, pointer, tell);
        const tracker = readOptions(loader.data).tracker ?? named ?? trackerUrl(loader.base);
        if (!forbidden) await checkNetwork(loader, tracker, pointer.hashes[0]!, tell);
      }
      if (url !== undefined) await checkUrl(loader, String(url), tell);
    }
  } catch (error) {
    // A check that fails is no finding; what was found so far is.
    console.warn('skep.diagnose:', error);
  }
  const problems = [...found.values()].some(({ level }) => level === 'problem');
  if (!problems) tell('usable', 'good');
  const order = ({ id, level }: Finding): number => (id === 'usable' ? -1 : kLevels.indexOf(level));
  return [...found.values()].sort((a, b) => order(a) - order(b));
}
