/**
 * trace.ts: records what an engine was told and what it answered, in the file format of
 * docs/formats/frames.md, so that a failure seen in a browser replays natively.
 *
 * Bounded: when `maxBytes` would be passed, recording ends and `truncated` turns true (a trace must
 * start with the engine, so the newest part is what is lost). Any prefix of records is a trace.
 */
import type { PayloadBytes } from './io.js';

const kMagic = 'SKEPTRC1';
const enum Kind {
  input = 0,
  output = 1,
  drained = 2,
}

export class TraceRecorder {
  private readonly parts: Uint8Array[] = [];
  private size = 0;
  truncated = false;

  constructor(private readonly maxBytes = 64 * 1024 * 1024) {}

  /** Called by Engine, once, first. */
  config(encoded: Uint8Array): void {
    const head = new Uint8Array(12);
    for (let i = 0; i < 8; ++i) head[i] = kMagic.charCodeAt(i);
    new DataView(head.buffer).setUint32(8, encoded.length, true);
    this.push(head, encoded.slice());
  }
  /** Called by Engine for every input. */
  input(nowUs: bigint, frame: Uint8Array): void {
    this.record(Kind.input, nowUs, frame.slice());
  }
  /** Called by Engine for every output. */
  output(nowUs: bigint, frame: Uint8Array): void {
    this.record(Kind.output, nowUs, frame.slice());
  }
  /** Called by Engine when poll() has nothing more. */
  drained(nowUs: bigint, wakeupUs: bigint): void {
    const frame = new Uint8Array(8);
    new DataView(frame.buffer).setBigInt64(0, wakeupUs, true);
    this.record(Kind.drained, nowUs, frame);
  }
  /** The trace file so far. */
  bytes(): PayloadBytes {
    const file = new Uint8Array(this.size);
    let at = 0;
    for (const part of this.parts) {
      file.set(part, at);
      at += part.length;
    }
    return file;
  }

  private record(kind: Kind, nowUs: bigint, frame: Uint8Array): void {
    const head = new Uint8Array(13);
    const view = new DataView(head.buffer);
    view.setUint8(0, kind);
    view.setBigInt64(1, nowUs, true);
    view.setUint32(9, frame.length, true);
    this.push(head, frame);
  }
  private push(head: Uint8Array, body: Uint8Array): void {
    this.truncated ||= this.size + head.length + body.length > this.maxBytes;
    if (this.truncated) return;
    this.parts.push(head, body);
    this.size += head.length + body.length;
  }
}
