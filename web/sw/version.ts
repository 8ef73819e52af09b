/**
 * version.ts: is the stored site map the site's current version?
 * CONTRACT  current: a signed pointer, fetched after the last navigation, names it (or the engine,
 *           which looks itself, vouches). unreachable: nobody answered. stale: anything else.
 * SPEC      docs/formats/pointer.md.
 */
import type { StoredMap } from '../messages.js';
import { kPointerFileMax, verifyPointer } from '../pointer.js';
import { pointerUrl } from '../place.js';
import { load } from './known.js';
import { base } from './worker-scope.js';

export type Version = 'current' | 'unreachable' | 'stale';

/** A check is good for so long when nobody navigates. */
const kGoodForMs = 3 * 60_000;

let check: Promise<Version> | null = null;
let checkedAt = 0;

async function ask(map: StoredMap): Promise<Version> {
  let file: Uint8Array;
  try {
    const response = await fetch(pointerUrl(base), { cache: 'no-store' });
    if (response.status >= 500) throw new Error('a gateway without its origin');
    if (!response.ok) return 'stale';
    file = new Uint8Array(await response.arrayBuffer());
  } catch {
    // The signer's own limit holds off line, too.
    return map.expires > Date.now() / 1000 ? 'unreachable' : 'stale';
  }
  if (file.length > kPointerFileMax) return 'stale';
  try {
    const pointer = await verifyPointer(file, map, Date.now() / 1000);
    return pointer.hashes.join() === map.hashes.join() ? 'current' : 'stale';
  } catch {
    return 'stale';
  }
}

/** Starts a check, whatever is known: somebody navigates. */
export function recheck(): Promise<Version> {
  checkedAt = Date.now();
  check = load().then(({ map }) => (map ? ask(map) : 'stale'));
  return check;
}

/** The engine has verified this version just now, and written its map. */
export async function vouched(seq: number): Promise<void> {
  const { map } = await load(true);
  if (map?.seq !== seq) return;
  check = Promise.resolve('current');
  checkedAt = Date.now();
}

/** The latest verdict; waits for a running check, starts one when there is none. */
export function version(): Promise<Version> {
  return check && Date.now() - checkedAt < kGoodForMs ? check : recheck();
}
