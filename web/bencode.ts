/**
 * bencode.ts: reads canonical bencode lazily: values are spans of the input, decoded when asked for.
 * CONTRACT  spans alias the input. Anything malformed or not canonical throws BencodeError.
 * WHY       the page reads two things only, the pointer and a torrent's `announce`; everything else is
 *           the engine's business, and a span is what a signature covers.
 * SPEC      BEP 3.   LIMITS  kDepthMax; lengths are checked against the input before use.
 */
export class BencodeError extends Error {
  override name = 'BencodeError';
}
const refuse = (why: string): never => {
  throw new BencodeError(why);
};

/** Nesting that we follow: a pointer needs 3, a torrent's file tree is as deep as its paths. */
const kDepthMax = 64;

const kInt = 0x69; // i
const kList = 0x6c; // l
const kDict = 0x64; // d
const kEnd = 0x65; // e
const kColon = 0x3a;

const latin1 = (bytes: Uint8Array): string => {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
};

/** The number that starts at `at` and ends with the octet `stop`; where what follows begins. */
function number(bytes: Uint8Array, at: number, stop: number): [value: number, after: number] {
  const end = bytes.indexOf(stop, at);
  const text = end - at > 17 ? '' : latin1(bytes.subarray(at, Math.max(at, end)));
  const value = /^(0|-?[1-9]\d*)$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? [value, end + 1] : refuse('not a number, or too long');
}

/** Where the string that starts at `at` has its content. */
function stringSpan(bytes: Uint8Array, at: number): [begin: number, end: number] {
  const [size, begin] = number(bytes, at, kColon);
  if (size < 0 || size > bytes.length - begin) refuse('a string longer than its input');
  return [begin, begin + size];
}

/** The end of the value that starts at `at`; `part` is told of the values that it has, by their keys. */
function valueEnd(
  bytes: Uint8Array,
  at: number,
  depth = 0,
  part: (key: string, value: Uint8Array) => void = () => {},
): number {
  if (depth > kDepthMax) refuse('nested too deeply');
  const kind = bytes[at];
  if (kind === kInt) return number(bytes, at + 1, kEnd)[1];
  if (kind !== kList && kind !== kDict) return stringSpan(bytes, at)[1];
  let last: string | null = null;
  for (at += 1; bytes[at] !== kEnd; ) {
    let key = '';
    if (kind === kDict) {
      const [begin, end] = stringSpan(bytes, at);
      key = latin1(bytes.subarray(begin, end));
      if (last !== null && key <= last) refuse('keys out of order');
      last = key;
      at = end;
    }
    const begin = at;
    at = valueEnd(bytes, at, depth + 1);
    part(key, bytes.subarray(begin, at));
  }
  return at + 1;
}

/** The values in a list or dictionary that is exactly `bytes`. */
function parts(bytes: Uint8Array, kind: number): [key: string, value: Uint8Array][] {
  const all: [string, Uint8Array][] = [];
  const end = valueEnd(bytes, 0, 0, (...one) => all.push(one));
  return bytes[0] === kind && end === bytes.length ? all : refuse('something else, or more');
}

/** The entries of a dictionary that is exactly `bytes`: key (one character per byte) → span. */
export const readDict = (bytes: Uint8Array): Map<string, Uint8Array> =>
  new Map(parts(bytes, kDict));

/** The items of a list that is exactly `bytes`. */
export const readList = (bytes: Uint8Array): Uint8Array[] =>
  parts(bytes, kList).map(([, value]) => value);

/** The integer that is exactly `bytes`; at most 2^53 in size. */
export function readInt(bytes: Uint8Array): number {
  const [value, end] = number(bytes, 1, kEnd);
  return bytes[0] === kInt && end === bytes.length ? value : refuse('not an integer');
}

/** The content of the string that is exactly `bytes`. */
export function readString(bytes: Uint8Array): Uint8Array {
  const [begin, end] = stringSpan(bytes, 0);
  return end === bytes.length ? bytes.subarray(begin, end) : refuse('bytes left after the string');
}
