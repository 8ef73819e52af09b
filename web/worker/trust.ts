/**
 * trust.ts: asks the origin for its pointer and decides whether to believe it.
 * CONTRACT  what was believed once is remembered (trust.json): the key, where none is pinned by the
 *           page, and the highest seq. `unreachable` is not a refusal: nobody answered.
 * SPEC      docs/formats/pointer.md.
 */
import {
  kPointerFileMax,
  kSwitchedOff,
  PointerError,
  verifyPointer,
  type Pointer,
} from '../pointer.js';
import { pointerUrl } from '../place.js';
import { readJson } from '../stored.js';
import { writeJson } from './json-file.js';

export type Verdict =
  | { t: 'valid'; pointer: Pointer }
  | { t: 'refused'; reason: string }
  | { t: 'unreachable' };

interface Remembered {
  key: string;
  seq: number;
}
function remembered(json: unknown): Remembered | null {
  const { key, seq } = (json ?? {}) as Partial<Remembered>;
  return typeof key === 'string' && typeof seq === 'number' ? { key, seq } : null;
}

/** The pointer file as the origin has it now; null: nobody answered; a number: an HTTP status. */
export async function fetchPointer(base: string): Promise<Uint8Array | number | null> {
  try {
    const response = await fetch(pointerUrl(base), {
      cache: 'no-store',
      headers: { Skep: 'engine' },
    });
    if (response.status >= 500) return null;
    if (!response.ok) return response.status;
    const bytes = new Uint8Array(await response.arrayBuffer());
    return bytes.length <= kPointerFileMax ? bytes : 413;
  } catch {
    return null;
  }
}

export class TrustKeeper {
  /** The pointer file that was believed last, as the origin sent it. */
  believed: Uint8Array | null = null;

  constructor(
    private readonly base: string,
    /** The key that the page pins, hex. */
    private readonly pinned: string | undefined,
    /** The pointer as the page's loader has just fetched it. */
    private fresh: Uint8Array | null,
  ) {}

  async ask(): Promise<Verdict> {
    const file = this.fresh ?? (await fetchPointer(this.base));
    this.fresh = null;
    if (file === null) return { t: 'unreachable' };
    if (typeof file === 'number') return { t: 'refused', reason: `no pointer (HTTP ${file})` };
    const known = remembered(await readJson(this.base, 'trust.json'));
    // A page that pins another key than we remember has changed hands: its seq starts anew.
    const key = this.pinned?.toLowerCase() ?? known?.key;
    const seq = known && known.key === key ? known.seq : undefined;
    try {
      const pointer = await verifyPointer(file, { key, seq }, Date.now() / 1000);
      if (known?.key !== pointer.key || known.seq !== pointer.seq) {
        const fresh: Remembered = { key: pointer.key, seq: pointer.seq };
        await writeJson(this.base, 'trust.json', fresh).catch(() => {}); // no OPFS: not remembered
      }
      if (pointer.off) return { t: 'refused', reason: kSwitchedOff };
      this.believed = file;
      return { t: 'valid', pointer };
    } catch (error) {
      const reason =
        error instanceof PointerError ? error.message : `no Ed25519 (${String(error)})`;
      return { t: 'refused', reason };
    }
  }
}
