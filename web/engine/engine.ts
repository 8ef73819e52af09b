/**
 * engine.ts: the engine, as the worker drives it. The only code that knows the wasm module.
 *
 *   const module = await loadEngine(await fetch('engine.wasm'));
 *   const engine = new Engine(module, { peerId, seed });
 *   engine.handle(nowUs, { t: 'link-bytes', link: 3, bytes });
 *   for (let out = engine.poll(); out !== null; out = engine.poll()) act(out);
 *   sleepUntil(engine.nextWakeupUs());
 *
 * Every Engine has an instance and a memory of its own. When the machine inside finds a bug of its
 * own it traps: handle(), poll() and nextWakeupUs() throw EngineTrap, then and ever after, and the
 * page goes on by plain HTTP.
 */
import { decodeFrame, encodeFields, encodeFrame, FrameError, refuse, roomFor } from './codec.js';
import type { Hex, Input, Output } from './io.js';
import * as schema from './schema.js';
import { unsplit } from './split.js';
import type { TraceRecorder } from './trace.js';

/** What the module exports; see docs/formats/frames.md. Addresses are offsets in `memory`. */
interface Abi {
  memory: WebAssembly.Memory;
  _initialize(): void;
  skep_abi_version(): number;
  skep_input(size: number): number;
  skep_create(size: number): number;
  skep_handle(engine: number, nowUs: bigint, size: number): number;
  skep_poll(engine: number): number;
  skep_next_wakeup(engine: number): bigint;
}

/** The engine found a bug of its own and stopped. Nothing more can be done with this instance. */
export class EngineTrap extends Error {}

const kNever = 0x7fff_ffff_ffff_ffffn;

/** Put in by build.mjs, so that a visitor need not download how it is computed; absent in tests. */
declare const SHAPE: number;
const kShape = typeof SHAPE === 'number' ? SHAPE : schema.shape();

/** Compiles the module, split or not. Throws what the network or the compiler throws. */
export async function loadEngine(response: Response): Promise<WebAssembly.Module> {
  if (!response.ok) throw new Error(`the engine is not there: HTTP ${response.status}`);
  return WebAssembly.compile(unsplit(new Uint8Array(await response.arrayBuffer())));
}

/** What the worker chooses; everything else is as src/engine/config.hpp has it. */
export interface EngineOptions {
  /** Ours, random per engine. */
  peerId: Hex;
  /** Of every random choice; any whole number below 2^53. */
  seed: number;
  /** Microseconds. */
  peerGrace?: number;
}

export class Engine {
  readonly peerId: Hex;
  private readonly abi: Abi;
  private readonly id: number;
  private nowUs = 0n;
  private trap: EngineTrap | null = null;

  /**
   * Starts an engine. Throws FrameError when the module is of another build or refuses the
   * options, EngineTrap when it cannot start. With a recorder, everything is recorded from here on.
   */
  constructor(
    module: WebAssembly.Module,
    options: EngineOptions,
    private readonly trace?: TraceRecorder,
  ) {
    this.peerId = options.peerId;
    const instance = new WebAssembly.Instance(module, {});
    this.abi = instance.exports as unknown as Abi;
    this.id = this.guard(() => {
      this.abi._initialize();
      if (this.abi.skep_abi_version() >>> 0 !== kShape) {
        throw new FrameError('engine.wasm and the worker are of different builds');
      }
      const fields = options.peerGrace === undefined ? schema.identity : schema.choice;
      const config = encodeFields(fields, options, this.room(options));
      this.trace?.config(config);
      return this.abi.skep_create(config.length);
    });
    if (this.id === 0) refuse('the engine refuses these options');
  }

  /**
   * The world happened. `nowUs`: microseconds since an origin of your choice; what lies before the
   * previous call counts as that moment. Drain poll() afterwards. Throws FrameError for an input
   * that is malformed (nothing happened then), EngineTrap.
   */
  handle(nowUs: number, input: Input): void {
    const now = BigInt(Math.floor(nowUs));
    if (now > this.nowUs) this.nowUs = now;
    const accepted = this.guard(() => {
      const frame = encodeFrame(schema.inputs, input, this.room(input));
      this.trace?.input(this.nowUs, frame);
      return this.abi.skep_handle(this.id, this.nowUs, frame.length);
    });
    if (accepted === 0) refuse(`the engine refuses this ${input.t}`);
  }

  /**
   * The next thing to do, or null when there is nothing more. Its bytes lie in the engine's memory and
   * are good until the next call. Throws EngineTrap.
   */
  poll(): Output | null {
    return this.guard(() => {
      const at = this.abi.skep_poll(this.id);
      if (at === 0) {
        this.trace?.drained(this.nowUs, this.abi.skep_next_wakeup(this.id));
        return null;
      }
      const frame = this.framed(at);
      this.trace?.output(this.nowUs, frame);
      return decodeFrame(schema.outputs, frame) as Output;
    });
  }

  /** When the engine wants a tick (same clock as handle), or null. Throws EngineTrap. */
  nextWakeupUs(): number | null {
    const at = this.guard(() => this.abi.skep_next_wakeup(this.id));
    return at === kNever ? null : Number(at);
  }
  /** False once it has trapped. */
  get alive(): boolean {
    return this.trap === null;
  }

  /** The input buffer, large enough for `value`; good until the next call into the module. */
  private room(value: object): Uint8Array {
    const size = roomFor(value);
    const at = this.abi.skep_input(size) >>> 0;
    if (at === 0) refuse(`an input of ${size} bytes is too large`);
    return new Uint8Array(this.abi.memory.buffer, at, size);
  }
  /** The bytes at an address that starts with their length; good until the next call. */
  private framed(address: number): Uint8Array {
    const at = address >>> 0;
    const { buffer } = this.abi.memory;
    return new Uint8Array(buffer, at + 4, new DataView(buffer).getUint32(at, true));
  }
  private guard<T>(call: () => T): T {
    if (this.trap !== null) throw this.trap;
    try {
      return call();
    } catch (error) {
      if (!(error instanceof WebAssembly.RuntimeError)) throw error;
      this.trap = new EngineTrap(`the engine stopped: ${error.message}`, { cause: error });
      throw this.trap;
    }
  }
}
