/**
 * version.ts: is the stored site map the site's current version?
 * CONTRACT  current: a pointer, fetched after the last navigation, names its info-hashes (or the engine,
 *           which looks itself, vouches). unreachable: nobody answered. stale: anything else.
 * WHY       no signature is checked here, nor the key and seq: the engine has done that before it wrote the
 *           map, and who can make the origin name its version again could as well make it send the files.
 * SPEC      docs/formats/pointer.md. The publisher's switch is obeyed here: at every navigation, and
 *           whatever else is broken.
 */
import { toHex } from '../hex.js';
import { pointerUrl } from '../place.js';
import { kPointerFileMax, kSwitchedOff } from '../pointer.js';
import { load } from './known.js';
import { retire, retireIfRemoved } from './retire.js';
import { base } from './worker-scope.js';

export type Version = 'current' | 'unreachable' | 'stale';

/** A check is good for so long when nobody navigates. */
const kGoodForMs = 3 * 60_000;

/** `3:offi` in hex. */
const kOff = '333a6f666669';

let check: Promise<Version> | null = null;
let checkedAt = 0;

/** The pointer said so; an engine that has not heard of it cannot vouch. */
let off = false;

async function ask(): Promise<Version> {
  let response: Response | null = null;
  let file = new Uint8Array(0);
  try {
    response = await fetch(pointerUrl(base), { cache: 'no-store' });
    file = new Uint8Array(await response.arrayBuffer());
  } catch {
    response = null; // nobody answers
  }
  const { map } = await load();
  // The signer's own limit holds off line, too.
  const alive = map !== null && map.expires > Date.now() / 1000;
  // A gateway without its origin is nobody.
  if (!response || response.status >= 500) return alive ? 'unreachable' : 'stale';
  const pointer = response.ok && file.length <= kPointerFileMax ? toHex(file) : '';
  off = pointer.includes(kOff);
  if (off) void retire(kSwitchedOff).catch(() => {});
  else if (alive && pointer.includes(map.named)) return 'current';
  else void retireIfRemoved(response).catch(() => {});
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
  if (map?.seq !== seq || off) return;
  check = Promise.resolve('current');
  checkedAt = Date.now();
}

/** The latest verdict; waits for a running check, starts one when there is none. */
export function version(): Promise<Version> {
  return check && Date.now() - checkedAt < kGoodForMs ? check : recheck();
}
