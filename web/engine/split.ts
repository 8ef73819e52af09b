/**
 * split.ts: a wasm module whose code is sorted by kind of operand, so that brotli makes 12 % less of it.
 * CONTRACT  unsplit(split(m)) is m, octet for octet (web/build.mjs checks it). What split() makes is a
 *           valid module, with nothing but one custom section in it.
 * WHY       an instruction's opcode says little about its operand, and the operands of equal opcodes
 *           much about each other. One walk over the code serves both directions.
 * SPEC      docs/formats/frames.md, "The module on its way"; WebAssembly 2.0, section 5.4.
 */

/** Moves one LEB128 number, or that many octets, of a stream; returns the number, or the last octet. */
type Move = (stream: number, octets?: number) => number;
/** Moves what is preceded by its size in octets. */
type Sized = (content: () => void) => void;

// Operands go to the stream of their opcode, all else to opcodes that have none.
const kOpcodes = 0;
const kLocals = 1;
const kBefore = 6;
const kAfter = 7;
const kVectors = 0xfe;
const kAlignments = 0x60; // above the opcode of the load or store
/** The most frequent opcode, local.get, travels as 0, and the ends of blocks at the other end: */
const kShift = 0x20; // brotli tells small octets from large ones, and makes 1.3 % less of all

const kMagic = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
const kName = [5, 0x73, 0x70, 0x6c, 0x69, 0x74]; // "split"
const kCode = 10;
const kOneOperand = [
  2, 3, 4, 0x0c, 0x0d, 0x10, 0x20, 0x21, 0x22, 0x23, 0x24, 0x3f, 0x40, 0x41, 0x42,
];

const within = (value: number, first: number, last: number): boolean =>
  value >= first && value <= last;

/** Moves one instruction; returns by how much it changes the depth of blocks. */
function instruction(move: Move): number {
  const op = (move(kOpcodes, 1) + kShift) & 255;
  if (op === 0x0b) return -1;
  if (kOneOperand.includes(op)) move(op);
  else if (within(op, 0x28, 0x3e)) {
    move(op + kAlignments);
    move(op);
  } else if (op === 0x0e) for (let labels = move(op); labels >= 0; --labels) move(op);
  else if (op === 0x11) {
    move(op);
    move(op);
  } else if (op === 0xfc) {
    const bulk = move(op);
    if (within(bulk, 10, 11)) move(op);
    if (bulk === 10) move(op);
  } else if (op === 0xfd) {
    const vector = move(op);
    if (vector <= 11 || within(vector, 84, 93)) {
      move(kVectors);
      move(kVectors);
    }
    if (within(vector, 12, 13)) move(kVectors, 16);
    if (within(vector, 21, 34) || within(vector, 84, 91)) move(kVectors, 1);
  }
  return within(op, 2, 4) ? 1 : 0;
}

/** Moves the code section. */
const code = (move: Move, sized: Sized): void =>
  sized(() => {
    for (let functions = move(kLocals); functions > 0; --functions) {
      sized(() => {
        for (let groups = move(kLocals); groups > 0; --groups) {
          move(kLocals);
          move(kLocals, 1);
        }
        for (let depth = 1; depth > 0; ) depth += instruction(move);
      });
    }
  });

/** LEB128, as short as it gets. */
const leb = (value: number): number[] =>
  value < 128 ? [value] : [(value & 127) | 128, ...leb(value >>> 7)];

const refuse = (): never => {
  throw new Error('not a module of this kind');
};

/** Reads at a place in `from`, which it moves on, and tells every octet it passes. */
function reader(from: Uint8Array, passed: (octet: number) => void) {
  return (at: number, octets = 0): [value: number, at: number] => {
    let value = 0;
    for (let i = 0, more = true; more; ++i) {
      const octet = from[at++] ?? refuse();
      passed(octet);
      if (octets > 0) value = octet;
      else if (i < 5) value |= (octet & 127) << (7 * i);
      more = octets > 0 ? i + 1 < octets : octet > 127;
    }
    return [value >>> 0, at];
  };
}

/** The module, sorted. Throws when its code uses what no walk here knows (floats, references, …). */
export function split(module: Uint8Array): Uint8Array<ArrayBuffer> {
  const streams: number[][] = Array.from({ length: 256 }, () => []);
  let into: number[] = [];
  let at = 8;
  const read = reader(module, (octet) => into.push(octet));
  const move: Move = (stream, octets) => {
    into = streams[stream]!;
    const [value, next] = read(at, octets);
    at = next;
    if (stream !== kOpcodes) return value;
    into.push(into.pop()! - kShift);
    return value - kShift;
  };
  const sized: Sized = (content) => {
    into = [];
    const [size, begin] = read(at);
    at = begin;
    content();
    if (at !== begin + size) refuse();
  };
  while (module[at] !== kCode) {
    const [size, begin] = read(at + 1);
    at = begin + size;
  }
  streams[kBefore] = [...module.subarray(0, ++at)];
  code(move, sized);
  streams[kAfter] = [...module.subarray(at)];
  const payload = [
    ...kName,
    ...leb(module.length),
    ...streams.flatMap((stream) => leb(stream.length)),
    ...streams.flat(),
  ];
  return new Uint8Array([...kMagic, 0, ...leb(payload.length), ...payload]);
}

/** The module as it was; one that was never split is returned as it is. */
export function unsplit(from: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (from[8] !== 0) return from;
  let at = 0;
  const skip = reader(from, () => {});
  const number = (): number => {
    const [value, next] = skip(at);
    at = next;
    return value;
  };
  at = 9;
  number();
  at += kName.length;
  const module = new Uint8Array(number());
  const sizes = Array.from({ length: 256 }, number);
  const places = sizes.map((size) => (at += size) - size);
  let to = 0;
  const put = (octets: number[] | Uint8Array): void => {
    module.set(octets, to);
    to += octets.length;
  };
  const whole = (stream: number): void =>
    put(from.subarray(places[stream], places[stream]! + sizes[stream]!));
  const read = reader(from, (octet) => (module[to++] = octet));
  const move: Move = (stream, octets) => {
    const [value, next] = read(places[stream]!, octets);
    places[stream] = next;
    if (stream === kOpcodes) module[to - 1]! += kShift;
    return value;
  };
  const sized: Sized = (content) => {
    const begin = to;
    content();
    const octets = module.slice(begin, to);
    to = begin;
    put(leb(octets.length));
    put(octets);
  };
  whole(kBefore);
  code(move, sized);
  whole(kAfter);
  return module;
}
