/** trace-reader.ts: walks a trace file (docs/formats/frames.md). For tests and tools. */

export interface TraceRecord {
  kind: 'input' | 'output' | 'drained';
  nowUs: bigint;
  frame: Uint8Array;
}

const kinds = ['input', 'output', 'drained'] as const;

/** Throws when the file is not a whole trace. The arrays point into `file`. */
export const readTrace = (file: Uint8Array): { config: Uint8Array; records: TraceRecord[] } => {
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  const magic = String.fromCharCode(...file.subarray(0, 8));
  if (magic !== 'SKEPTRC1') throw new Error('not a trace');
  const slice = (at: number): Uint8Array => {
    const end = at + 4 + view.getUint32(at, true);
    if (end > file.length) throw new Error('the trace ends inside of a record');
    return file.subarray(at + 4, end);
  };
  const config = slice(8);
  const records: TraceRecord[] = [];
  for (let at = 12 + config.length; at < file.length; ) {
    const kind = kinds[view.getUint8(at)];
    if (kind === undefined) throw new Error('the trace holds an unknown kind of record');
    const frame = slice(at + 9);
    records.push({ kind, nowUs: view.getBigInt64(at + 1, true), frame });
    at += 13 + frame.length;
  }
  return { config, records };
};
