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

/** Digits from `at` up to `end` (exclusive), without leading zeros. */
function digits(bytes: Uint8Array, at: number, end: number): number {
  if (at === end || end - at > 16) refuse('a number without digits, or too long');
  if (bytes[at] === 0x30 && end - at > 1) refuse('a number with a leading zero');
  let value = 0;
  for (; at < end; at += 1) {
    const digit = bytes[at]! - 0x30;
    if (digit < 0 || digit > 9) refuse('not a digit');
    value = value * 10 + digit;
  }
  return Number.isSafeInteger(value) ? value : refuse('a number above 2^53');
}

function find(bytes: Uint8Array, byte: number, at: number): number {
  const end = bytes.indexOf(byte, at);
  return end >= 0 ? end : refuse('ends inside a value');
}

/** Where the string that starts at `at` has its content. */
function stringSpan(bytes: Uint8Array, at: number): [begin: number, end: number] {
  const colon = find(bytes, kColon, at);
  const size = digits(bytes, at, colon);
  if (size > bytes.length - colon - 1) refuse('a string longer than its input');
  return [colon + 1, colon + 1 + size];
}

/** The end of the value that starts at `at`; checks the form of everything inside. */
function valueEnd(bytes: Uint8Array, at: number, depth: number): number {
  if (depth > kDepthMax) refuse('nested too deeply');
  switch (bytes[at]) {
    case kInt:
      readInt(bytes.subarray(at, find(bytes, kEnd, at) + 1));
      return find(bytes, kEnd, at) + 1;
    case kList:
      for (at += 1; bytes[at] !== kEnd; ) at = valueEnd(bytes, at, depth + 1);
      return at + 1;
    case kDict:
      return walkDict(bytes, at, depth, () => {});
    default:
      return stringSpan(bytes, at)[1];
  }
}

function walkDict(
  bytes: Uint8Array,
  at: number,
  depth: number,
  entry: (key: string, begin: number, end: number) => void,
): number {
  let last: string | null = null;
  for (at += 1; bytes[at] !== kEnd; ) {
    const [begin, end] = stringSpan(bytes, at);
    const key = latin1(bytes.subarray(begin, end));
    if (last !== null && key <= last) refuse('keys out of order');
    last = key;
    at = valueEnd(bytes, end, depth + 1);
    entry(key, end, at);
  }
  return at + 1;
}

/** The entries of a dictionary that is exactly `bytes`: key (one character per byte) → span. */
export function readDict(bytes: Uint8Array): Map<string, Uint8Array> {
  if (bytes[0] !== kDict) refuse('not a dictionary');
  const entries = new Map<string, Uint8Array>();
  const end = walkDict(bytes, 0, 0, (key, from, to) => entries.set(key, bytes.subarray(from, to)));
  return end === bytes.length ? entries : refuse('bytes left after the dictionary');
}

/** The items of a list that is exactly `bytes`. */
export function readList(bytes: Uint8Array): Uint8Array[] {
  if (bytes[0] !== kList) refuse('not a list');
  const items: Uint8Array[] = [];
  let at = 1;
  while (bytes[at] !== kEnd) {
    const end = valueEnd(bytes, at, 1);
    items.push(bytes.subarray(at, end));
    at = end;
  }
  return at + 1 === bytes.length ? items : refuse('bytes left after the list');
}

/** The integer that is exactly `bytes`; at most 2^53 in size. */
export function readInt(bytes: Uint8Array): number {
  if (bytes[0] !== kInt || bytes[bytes.length - 1] !== kEnd) refuse('not an integer');
  const negative = bytes[1] === 0x2d;
  const value = digits(bytes, negative ? 2 : 1, bytes.length - 1);
  if (negative && value === 0) refuse('minus zero');
  return negative ? -value : value;
}

/** The content of the string that is exactly `bytes`. */
export function readString(bytes: Uint8Array): Uint8Array {
  const [begin, end] = stringSpan(bytes, 0);
  return end === bytes.length ? bytes.subarray(begin, end) : refuse('bytes left after the string');
}
