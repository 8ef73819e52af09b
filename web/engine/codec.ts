/**
 * codec.ts: frames as bytes, driven by the tables of schema.ts.
 *
 * Payload bytes are copied once on their way in and not at all on their way out. What does not fit its
 * field (a number above 2^53, a hash of a wrong length, an unknown name) throws FrameError: a bug of the
 * caller when encoding, another build's module when decoding.
 */
import { fromHex, toHex } from '../hex.js';
import type { Fields, Frames, Kind } from './schema.js';

export class FrameError extends Error {}
export const refuse = (why: string): never => {
  throw new FrameError(why);
};

type Plain = { [name: string]: unknown };
type Tagged = { t: string };

/** Octets of the kinds that always have as many. */
const kOctets: { readonly [kind: string]: number } = {
  bool: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  size: 8,
  us: 8,
  digest: 32,
  peer: 20,
};
/** What a size of eight octets 255, unknown, reads as. */
const kUnknown = 2 ** 64;
/** All fields of a frame but its payload: fifty candidates need a quarter. */
const kFieldsMax = 4096;

/** How many octets a frame takes at most. */
export const roomFor = (value: object): number =>
  Object.values(value).reduce<number>(
    (size, field) => (field instanceof Uint8Array ? size + field.length : size),
    kFieldsMax,
  );

/** Writes or reads one field after the other. */
class Cursor {
  private at = 0;
  constructor(private readonly frame: Uint8Array) {}

  put(kind: Kind, value: unknown): void {
    if (typeof kind === 'object') {
      if ('fields' in kind) return this.putFields(kind.fields, value as Plain);
      if (!('list' in kind)) return this.putNumber(kind.indexOf(value as string), 1);
      this.putNumber((value as unknown[]).length, 4);
      for (const item of value as unknown[]) this.put(kind.list, item);
    } else if (kind === 'bytes') {
      this.putNumber((value as Uint8Array).length, 4);
      this.putBytes(value as Uint8Array);
    } else if (kind === 'string') this.put('bytes', new TextEncoder().encode(value as string));
    else if (kind === 'size' && value === null) this.putBytes(new Uint8Array(8).fill(255));
    else if (kOctets[kind]! <= 8) this.putNumber(Number(value), kOctets[kind]!);
    else {
      const hex = String(value);
      if (hex.length !== 2 * kOctets[kind]! || /[^0-9a-f]/.test(hex)) refuse(`not a hash: ${hex}`);
      this.putBytes(fromHex(hex));
    }
  }
  putFields(fields: Fields, value: Plain): void {
    for (const name in fields) this.put(fields[name]!, value[name]);
  }
  private putNumber(value: number, octets: number): void {
    if (!Number.isSafeInteger(value) || value < 0 || value >= 256 ** octets) {
      refuse(`not a whole number of ${octets} octets: ${value}`);
    }
    for (; octets > 0; octets -= 1) {
      this.frame[this.at++] = value;
      value = Math.floor(value / 256);
    }
  }

  get(kind: Kind): unknown {
    if (typeof kind === 'object') {
      if ('fields' in kind) return this.getFields(kind.fields);
      if (!('list' in kind)) return kind[this.getNumber(1)] ?? refuse('an unknown name');
      const items: unknown[] = [];
      for (let left = this.getNumber(4); left > 0; left -= 1) items.push(this.get(kind.list));
      return items;
    }
    if (kind === 'bytes') return this.getBytes(this.getNumber(4));
    if (kind === 'string') return new TextDecoder().decode(this.get('bytes') as Uint8Array);
    const octets = kOctets[kind]!;
    if (octets > 8) return toHex(this.getBytes(octets));
    const value = this.getNumber(octets);
    if (kind === 'bool') return value !== 0;
    if (kind === 'size' && value === kUnknown) return null;
    return Number.isSafeInteger(value) ? value : refuse(`above 2^53: ${value}`);
  }
  getFields(fields: Fields): Plain {
    const value: Plain = {};
    for (const name in fields) value[name] = this.get(fields[name]!);
    return value;
  }
  private getNumber(octets: number): number {
    return this.getBytes(octets).reduceRight((value, octet) => value * 256 + octet, 0);
  }

  /** What was written, or read. */
  done(): Uint8Array {
    return this.at <= this.frame.length ? this.frame.subarray(0, this.at) : refuse('no room');
  }

  private putBytes(bytes: Uint8Array): void {
    this.frame.set(bytes, this.at);
    this.at += bytes.length;
  }
  private getBytes(size: number): Uint8Array {
    const bytes = this.frame.subarray(this.at, (this.at += size));
    return bytes.length === size ? bytes : refuse('a frame ends inside a field');
  }
}

/** Writes the fields of `value` to the room that there is for them; returns where they are. */
export function encodeFields(fields: Fields, value: object, room: Uint8Array): Uint8Array {
  const cursor = new Cursor(room);
  cursor.putFields(fields, value as Plain);
  return cursor.done();
}
/** Writes a frame, in the same way. */
export function encodeFrame(frames: Frames, value: Tagged, room: Uint8Array): Uint8Array {
  const cursor = new Cursor(room);
  cursor.put(Object.keys(frames), value.t);
  cursor.putFields(frames[value.t]!, value);
  return cursor.done();
}

/** Reads what encodeFields() wrote. */
export function decodeFields(fields: Fields, from: Uint8Array): object {
  const cursor = new Cursor(from);
  const value = cursor.getFields(fields);
  return cursor.done().length === from.length ? value : refuse('bytes left after the fields');
}
/** Reads a frame; byte fields of it are views of `from`. */
export function decodeFrame(frames: Frames, from: Uint8Array): Tagged {
  const t = new Cursor(from).get(Object.keys(frames)) as string;
  return { t, ...decodeFields(frames[t]!, from.subarray(1)) };
}
