/**
 * trust.ts: asks the origin for its pointer and decides whether to believe it.
 * CONTRACT  what was believed once is remembered (trust.json): the key, where none is pinned by the
 *           page, and the highest seq. `unreachable` is not a refusal: nobody answered.
 * SPEC      docs/formats/pointer.md.
 */
import { kSwitchedOff, PointerError, verifyPointer, type Pointer } from '../pointer.js';
import { pointerUrl } from '../place.js';
import { readJson, writeJson } from '../stored.js';
import { base, options } from './here.js';

export type Verdict =
  | { t: 'valid'; pointer: Pointer }
  | { t: 'refused'; reason: string }
  | { t: 'unreachable' };

/** The pointer file that was believed last, as the origin sent it. */
export let believed: Uint8Array | null = null;

/** The pointer file as the origin has it now; a string: why there is none; null: nobody answered. */
async function fetchPointer(): Promise<Uint8Array | string | null> {
  try {
    const headers = { Skep: 'engine' };
    const response = await fetch(pointerUrl(base), { cache: 'no-store', headers });
    if (response.status >= 500) return null;
    if (!response.ok) return `no pointer (HTTP ${response.status})`;
    return new Uint8Array(await response.arrayBuffer());
  } catch {
    return null;
  }
}

/** `fresh`: the pointer file as the page's loader has fetched it a moment ago. */
export async function ask(fresh: Uint8Array | null): Promise<Verdict> {
  const file = fresh ?? (await fetchPointer());
  if (file === null) return { t: 'unreachable' };
  if (typeof file === 'string') return { t: 'refused', reason: file };
  const known = (await readJson(base, 'trust.json')) as { key: string; seq: number } | null;
  // A page that pins another key than we remember has changed hands: its seq starts anew.
  const trusted = options.key?.toLowerCase() ?? known?.key;
  const least = known?.key === trusted ? known?.seq : undefined;
  try {
    const now = Date.now() / 1000;
    const pointer = await verifyPointer(file, { key: trusted, seq: least }, now);
    const { key, seq } = pointer;
    // The disk is full: not remembered.
    if (key !== trusted || seq !== least)
      await writeJson(base, 'trust.json', { key, seq }).catch(() => {});
    if (pointer.off) return { t: 'refused', reason: kSwitchedOff };
    believed = file;
    return { t: 'valid', pointer };
  } catch (error) {
    const reason = error instanceof PointerError ? error.message : `no Ed25519 (${String(error)})`;
    return { t: 'refused', reason };
  }
}
