/**
 * pointer.ts: the signed pointer of a site: decoded, and verified with WebCrypto.
 * CONTRACT  parsePointer() checks the form only; nothing of a pointer may be believed before
 *           verifyPointer() resolved.
 * SPEC      docs/formats/pointer.md; BEP 44 (signed bytes), RFC 8032 (Ed25519).
 * LIMITS    kPointerFileMax, kValueMax, kHashesMax.
 */
import { readDict, readInt, readList, readString } from './bencode.js';
import { fromHex, toHex } from './hex.js';

export const kPointerFileMax = 2048;
const kValueMax = 1000;
const kHashesMax = 16;
/** Why Skep is off, when its publisher says so. */
export const kSwitchedOff = 'the site has switched Skep off';

export interface Pointer {
  /** Ed25519 public key, hex. */
  key: string;
  seq: number;
  /** Unix seconds. */
  expires: number;
  /** v2 info-hashes, hex, 1 to 16. */
  hashes: string[];
  /** The same, as they stand in the file, in hex: who has verified a version knows it again by this. */
  named: string;
  /** The publisher's switch: 0 on, 1 off, 2 and what is kept is to be deleted. */
  off: number;
  /** v1 info-hashes of hybrids, hex, by index in `hashes`; others are empty or absent. */
  v1: string[];
  signature: Uint8Array<ArrayBuffer>;
  /** What the signature covers. */
  signed: Uint8Array<ArrayBuffer>;
}

export type PointerFault = 'malformed' | 'bad_signature' | 'expired' | 'other_key' | 'rolled_back';
export class PointerError extends Error {
  override name = 'PointerError';
  constructor(readonly fault: PointerFault) {
    super(`the site's pointer is refused: ${fault.replace('_', ' ')}`);
  }
}

/** BEP 44: the bytes a signature of an item without salt covers. */
export function signedBytes(seq: number, value: Uint8Array): Uint8Array<ArrayBuffer> {
  const head = new TextEncoder().encode(`3:seqi${seq}e1:v`);
  const all = new Uint8Array(head.length + value.length);
  all.set(head);
  all.set(value, head.length);
  return all;
}

function sized(bytes: Uint8Array, size: number): Uint8Array<ArrayBuffer> {
  const content = readString(bytes);
  if (content.length !== size) throw new PointerError('malformed');
  return content.slice();
}

/** Throws whatever, also where a field is missing. */
function parse(file: Uint8Array): Pointer {
  const item = readDict(file);
  const value = item.get('v')!;
  const seq = readInt(item.get('seq')!);
  const content = readDict(value);
  const named = content.get('ih')!;
  const hashes = readList(named).map((hash) => toHex(sized(hash, 32)));
  const v1 = content.get('v1h');
  const expires = readInt(content.get('exp')!);
  const switched = content.get('off');
  const off = switched ? readInt(switched) : 0;
  const wellFormed =
    file.length <= kPointerFileMax &&
    value.length <= kValueMax &&
    readInt(content.get('v')!) === 1 &&
    hashes.length >= 1 &&
    hashes.length <= kHashesMax &&
    seq >= 0 &&
    expires >= 0 &&
    off >= (switched ? 1 : 0);
  if (!wellFormed) throw new PointerError('malformed');
  return {
    key: toHex(sized(item.get('k')!, 32)),
    seq,
    expires,
    hashes,
    named: toHex(named),
    off,
    v1: v1 ? readList(v1).map((hash) => toHex(readString(hash))) : [],
    signature: sized(item.get('sig')!, 64),
    signed: signedBytes(seq, value),
  };
}

/** Reads a pointer file. Throws PointerError('malformed'). */
export function parsePointer(file: Uint8Array): Pointer {
  try {
    return parse(file);
  } catch {
    throw new PointerError('malformed');
  }
}

export interface Trust {
  /** The key that must have signed, hex; absent: whichever signed it (trust on first use). */
  key?: string | undefined;
  /** Highest seq seen so far from it. */
  seq?: number | undefined;
}

/** Ed25519 over `signed`, key in hex. Rejects where WebCrypto has no Ed25519. */
export async function verifySignature(
  key: Uint8Array<ArrayBuffer>,
  signature: Uint8Array<ArrayBuffer>,
  signed: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const algorithm = { name: 'Ed25519' };
  const imported = await crypto.subtle.importKey('raw', key, algorithm, false, ['verify']);
  return crypto.subtle.verify(algorithm, imported, signature, signed);
}

/**
 * Resolves to the pointer when it may be believed, which may be that Skep is switched off; rejects with
 * PointerError otherwise.
 */
export async function verifyPointer(
  file: Uint8Array,
  trust: Trust,
  nowSeconds: number,
): Promise<Pointer> {
  const pointer = parsePointer(file);
  if (trust.key !== undefined && trust.key.toLowerCase() !== pointer.key) {
    throw new PointerError('other_key');
  }
  if (trust.seq !== undefined && pointer.seq < trust.seq) throw new PointerError('rolled_back');
  if (pointer.expires <= nowSeconds) throw new PointerError('expired');
  if (!(await verifySignature(fromHex(pointer.key), pointer.signature, pointer.signed))) {
    throw new PointerError('bad_signature');
  }
  return pointer;
}
