/**
 * version.ts: is the stored site map the site's current version?
 * CONTRACT  current: a signed pointer, fetched after the last navigation, names it (or the engine,
 *           which looks itself, vouches). unreachable: nobody answered. stale: anything else.
 * SPEC      docs/formats/pointer.md. The publisher's switch is obeyed here: at every navigation, and
 *           whatever else is broken.
 */
import { held } from '../held.js';
import { kPointerFileMax, kSwitchedOff, type Pointer, verifyPointer } from '../pointer.js';
import { filesCache, filesUrl, pointerUrl, siteFolder } from '../place.js';
import { load } from './known.js';
import { retire, retireIfRemoved } from './retire.js';
import { base } from './worker-scope.js';

export type Version = 'current' | 'unreachable' | 'stale';

/** A check is good for so long when nobody navigates. */
const kGoodForMs = 3 * 60_000;

let check: Promise<Version> | null = null;
let checkedAt = 0;

/** The seq with which the site was switched off; an engine that has not heard of it cannot vouch. */
let offSeq = -1;

/** For the engine's worker, which will not run: an older pointer must not switch on again. */
async function remember({ key, seq }: Pointer): Promise<void> {
  const text = JSON.stringify({ key, seq });
  const folder = await siteFolder(base).catch(() => null);
  if (!folder) {
    const cache = await caches.open(filesCache(base));
    return cache.put(filesUrl(base, 'trust.json'), new Response(text));
  }
  const file = await folder.getFileHandle('trust.json', { create: true });
  const stream = await held(file, (f) => f.createWritable());
  await stream.write(text);
  await stream.close();
}

async function ask(): Promise<Version> {
  let response: Response | null = null;
  let file = new Uint8Array(0);
  try {
    response = await fetch(pointerUrl(base), { cache: 'no-store' });
    if (response.status >= 500) throw new Error('a gateway without its origin');
    file = new Uint8Array(await response.arrayBuffer());
  } catch {
    response = null;
  }
  const { map } = await load();
  // The signer's own limit holds off line, too.
  if (!response) return map && map.expires > Date.now() / 1000 ? 'unreachable' : 'stale';
  try {
    if (!response.ok || file.length > kPointerFileMax) throw new Error('no pointer');
    const pointer = await verifyPointer(file, map ?? {}, Date.now() / 1000);
    if (pointer.off) {
      offSeq = pointer.seq;
      if (map) await remember(pointer).catch(() => {}); // where files can be written here
      void retire(kSwitchedOff, pointer.off === 2 ? 'trust' : 'all').catch(() => {});
    } else if (map && pointer.hashes.join() === map.hashes.join()) return 'current';
  } catch {
    void retireIfRemoved(response).catch(() => {});
  }
  return 'stale';
}

/** Starts a check, whatever is known: somebody navigates. */
export function recheck(): Promise<Version> {
  checkedAt = Date.now();
  check = ask();
  return check;
}

/** The engine has verified this version just now, and written its map. */
export async function vouched(seq: number): Promise<void> {
  const { map } = await load(true);
  if (map?.seq !== seq || seq <= offSeq) return;
  check = Promise.resolve('current');
  checkedAt = Date.now();
}

/** The latest verdict; waits for a running check, starts one when there is none. */
export function version(): Promise<Version> {
  return check && Date.now() - checkedAt < kGoodForMs ? check : recheck();
}
