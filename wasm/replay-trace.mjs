// replay-trace.mjs ENGINE.wasm TRACE...: repeats recorded sessions on the wasm module and compares
// every output with the recording, octet for octet. Exits 1 at the first difference; the native replay
// (abi_test) says in words what a frame holds. SPEC docs/formats/frames.md
import { readFileSync } from 'node:fs';

const hex = (bytes) => Buffer.from(bytes.subarray(0, 48)).toString('hex') + (bytes.length > 48 ? '…' : '');

/** One instance with one engine in it. */
class Engine {
  constructor(module, config) {
    this.abi = new WebAssembly.Instance(module, {}).exports;
    this.abi._initialize();
    const choice = config.subarray(0, 36); // the rest of a whole Config: the module has its defaults
    this.put(choice);
    this.id = this.abi.skep_create(choice.length);
    if (this.id === 0) throw new Error('the module refuses the configuration');
  }
  put(bytes) {
    const at = this.abi.skep_input(bytes.length) >>> 0;
    if (at === 0) throw new Error('the module refuses an input of this size');
    new Uint8Array(this.abi.memory.buffer).set(bytes, at);
  }
  handle(nowUs, frame) {
    this.put(frame);
    if (this.abi.skep_handle(this.id, nowUs, frame.length) !== 1) throw new Error(`input refused: ${hex(frame)}`);
  }
  poll() {
    const at = this.abi.skep_poll(this.id) >>> 0;
    if (at === 0) return null;
    const { buffer } = this.abi.memory;
    return Buffer.from(new Uint8Array(buffer, at + 4, new DataView(buffer).getUint32(at, true)));
  }
}

function replay(module, file) {
  let at = 8;
  const take = (size) => {
    if (at + size > file.length) throw new Error('the trace is torn');
    return file.subarray(at, (at += size));
  };
  const framed = () => take(take(4).readUInt32LE());
  if (file.subarray(0, 8).toString('latin1') !== 'SKEPTRC1') throw new Error('not a trace');

  const engine = new Engine(module, framed());
  const counts = { inputs: 0, outputs: 0 };
  const differ = (what, recorded, now) => {
    throw new Error(`after input ${counts.inputs}, ${what} ${counts.outputs}:\n  recorded: ${recorded}\n  now:      ${now}`);
  };
  while (at < file.length) {
    const kind = take(1)[0];
    const nowUs = take(8).readBigInt64LE();
    const frame = framed();
    if (kind === 0) {
      engine.handle(nowUs, frame);
      ++counts.inputs;
    } else if (kind === 1) {
      const output = engine.poll();
      ++counts.outputs;
      if (output === null) differ('output', hex(frame), 'nothing');
      if (!output.equals(frame)) differ('output', hex(frame), hex(output));
    } else {
      const output = engine.poll();
      if (output !== null) differ('after output', 'nothing more', hex(output));
      const wakeup = engine.abi.skep_next_wakeup(engine.id);
      if (wakeup !== frame.readBigInt64LE()) differ('wake-up after output', frame.readBigInt64LE(), wakeup);
    }
  }
  if (counts.inputs === 0 || counts.outputs === 0) throw new Error('the trace holds no session');
  return `${counts.inputs} inputs, ${counts.outputs} outputs`;
}

const [wasm, ...traces] = process.argv.slice(2);
if (traces.length === 0) {
  console.error('usage: replay-trace.mjs ENGINE.wasm TRACE...');
  process.exit(2);
}
const module = new WebAssembly.Module(readFileSync(wasm));
for (const name of traces) {
  try {
    console.log(`${name}: same (${replay(module, readFileSync(name))})`);
  } catch (error) {
    console.error(`${name}: ${error.message}`);
    process.exitCode = 1;
  }
}
