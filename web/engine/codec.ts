/**
 * codec.ts: frames as bytes, driven by the tables of schema.ts.
 *
 * A value is measured, then encoded into exactly that many octets; payload bytes are copied once on
 * their way in and not at all on their way out. What does not fit its field (a number above 2^53, a hash of a wrong length, an
 * unknown name) throws FrameError: a bug of the caller when encoding, another build's module when
 * decoding.
 */
import type { Fields, Frames, Kind } from './schema.js';

export class FrameError extends Error {
  override name = 'FrameError';
}
const refuse = (why: string): never => {
  throw new FrameError(why);
};

type Plain = { [name: string]: unknown };
type Tagged = { t: string };

const kUnknown = 0xffff_ffff_ffff_ffffn;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
const fixed: { readonly [kind: string]: number } = {
  bool: 1,
  u16: 2,
  u32: 4,
  u64: 8,
  size: 8,
  us: 8,
  digest: 32,
  peer: 20,
};

/* ----------------------------------------------------------------------------------------- sizes */

const kindSize = (kind: Kind, value: unknown): number => {
  if (typeof kind !== 'string') {
    if (!('list' in kind)) return 1;
    return (value as Plain[]).reduce((size, item) => size + fieldsSize(kind.list, item), 4);
  }
  if (kind === 'bytes') return 4 + (value as Uint8Array).length;
  if (kind === 'string') return 4 + encoder.encode(value as string).length;
  if (kind === 'peers') return 4 + 20 * (value as string[]).length;
  return fixed[kind]!;
};
/** Octets that the fields of `value` take. */
export const fieldsSize = (fields: Fields, value: object): number => {
  let size = 0;
  for (const name in fields) size += kindSize(fields[name]!, (value as Plain)[name]);
  return size;
};
/** Octets of a whole frame. */
export const frameSize = (frames: Frames, value: Tagged): number =>
  1 + fieldsSize(frames[value.t] ?? refuse(`no such frame: ${value.t}`), value);

/* ---------------------------------------------------------------------------------------- writing */

class Writer {
  private at = 0;
  private readonly view: DataView;
  constructor(private readonly to: Uint8Array) {
    this.view = new DataView(to.buffer, to.byteOffset, to.length);
  }
  whole(value: unknown, max: number): number {
    const ok = Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= max;
    return ok ? (value as number) : refuse(`not a whole number up to ${max}: ${String(value)}`);
  }
  u8(value: number): void {
    this.view.setUint8(this.at++, value);
  }
  u32(value: unknown): void {
    this.view.setUint32(this.at, this.whole(value, 0xffff_ffff), true);
    this.at += 4;
  }
  u64(value: bigint): void {
    this.view.setBigUint64(this.at, value, true);
    this.at += 8;
  }
  raw(bytes: Uint8Array): void {
    this.to.set(bytes, this.at);
    this.at += bytes.length;
  }
  hex(digits: unknown, size: number): void {
    if (typeof digits !== 'string' || digits.length !== 2 * size || /[^0-9a-f]/.test(digits)) {
      refuse(`not ${2 * size} lower-case hex digits: ${String(digits)}`);
    }
    for (let i = 0; i < 2 * size; i += 2) this.u8(parseInt((digits as string).slice(i, i + 2), 16));
  }
  kind(kind: Kind, value: unknown): void {
    if (typeof kind !== 'string') {
      if ('list' in kind) {
        this.u32((value as Plain[]).length);
        for (const item of value as Plain[]) this.fields(kind.list, item);
        return;
      }
      const index = kind.indexOf(value as string);
      return this.u8(index >= 0 ? index : refuse(`not one of ${kind.join()}: ${String(value)}`));
    }
    switch (kind) {
      case 'bool':
        return this.u8(value === true ? 1 : 0);
      case 'u16':
        this.view.setUint16(this.at, this.whole(value, 0xffff), true);
        this.at += 2;
        return;
      case 'u32':
        return this.u32(value);
      case 'size':
        if (value === null) return this.u64(kUnknown);
      // falls through
      case 'u64':
      case 'us':
        return this.u64(BigInt(this.whole(value, Number.MAX_SAFE_INTEGER)));
      case 'digest':
      case 'peer':
        return this.hex(value, fixed[kind]!);
      case 'peers':
        this.u32((value as string[]).length);
        for (const peer of value as string[]) this.hex(peer, 20);
        return;
      case 'bytes':
      case 'string': {
        const bytes = kind === 'bytes' ? (value as Uint8Array) : encoder.encode(value as string);
        this.u32(bytes.length);
        return this.raw(bytes);
      }
    }
  }
  fields(fields: Fields, value: Plain): void {
    for (const name in fields) this.kind(fields[name]!, value[name]);
  }
}

/** Writes the fields of `value` to `to`, which has fieldsSize() octets. */
export const encodeFields = (fields: Fields, value: object, to: Uint8Array): void =>
  new Writer(to).fields(fields, value as Plain);
/** Writes a frame to `to`, which has frameSize() octets. */
export const encodeFrame = (frames: Frames, value: Tagged, to: Uint8Array): void => {
  to[0] = Object.keys(frames).indexOf(value.t);
  encodeFields(frames[value.t]!, value, to.subarray(1));
};

/* ---------------------------------------------------------------------------------------- reading */

class Reader {
  private at = 0;
  private readonly view: DataView;
  constructor(private readonly from: Uint8Array) {
    this.view = new DataView(from.buffer, from.byteOffset, from.length);
  }
  u32(): number {
    this.at += 4;
    return this.view.getUint32(this.at - 4, true);
  }
  u64(): bigint {
    this.at += 8;
    return this.view.getBigUint64(this.at - 8, true);
  }
  u8(): number {
    return this.view.getUint8(this.at++);
  }
  raw(size: number): Uint8Array {
    if (size > this.from.length - this.at) refuse('a frame ends inside a field');
    this.at += size;
    return this.from.subarray(this.at - size, this.at);
  }
  hex(size: number): string {
    return Array.from(this.raw(size), (b) => (b + 256).toString(16).slice(1)).join('');
  }
  list<T>(item: () => T): T[] {
    const items: T[] = [];
    for (let count = this.u32(); count > 0; --count) items.push(item());
    return items;
  }
  number(value: bigint): number {
    return value <= Number.MAX_SAFE_INTEGER ? Number(value) : refuse(`above 2^53: ${value}`);
  }
  kind(kind: Kind): unknown {
    if (typeof kind !== 'string') {
      if ('list' in kind) return this.list(() => this.fields(kind.list, {}));
      return kind[this.u8()] ?? refuse('a frame holds an unknown name');
    }
    switch (kind) {
      case 'bool':
        return this.u8() !== 0;
      case 'u16':
        this.at += 2;
        return this.view.getUint16(this.at - 2, true);
      case 'u32':
        return this.u32();
      case 'u64':
      case 'us':
        return this.number(this.u64());
      case 'size': {
        const size = this.u64();
        return size === kUnknown ? null : this.number(size);
      }
      case 'digest':
      case 'peer':
        return this.hex(fixed[kind]!);
      case 'peers':
        return this.list(() => this.hex(20));
      case 'bytes':
        return this.raw(this.u32());
      case 'string':
        return decoder.decode(this.raw(this.u32()));
    }
  }
  fields(fields: Fields, value: Plain): Plain {
    for (const name in fields) value[name] = this.kind(fields[name]!);
    return value;
  }
  finish(): void {
    if (this.at !== this.from.length) refuse('bytes left after a complete frame');
  }
}

/** Reads what encodeFields() wrote. */
export const decodeFields = (fields: Fields, from: Uint8Array): object => {
  const reader = new Reader(from);
  const value = reader.fields(fields, {});
  reader.finish();
  return value;
};
/** Reads a frame; byte fields of it are views of `from`. */
export const decodeFrame = (frames: Frames, from: Uint8Array): Tagged => {
  const t = Object.keys(frames)[from[0] ?? -1] ?? refuse('no such frame');
  return { t, ...decodeFields(frames[t]!, from.subarray(1)) };
};
