import assert from 'node:assert/strict';
import { test } from 'node:test';

import { decodeFrame, FrameError } from './codec.js';
import { Engine, EngineTrap, loadEngine } from './engine.js';
import type { Input, Output } from './io.js';
import * as schema from './schema.js';
import { readEngineWasm, readRepoFile } from './test-files.js';
import { Visitor, World } from './test-visitor.js';
import { readTrace } from './trace-reader.js';
import { TraceRecorder } from './trace.js';

const module = await loadEngine(new Response(readEngineWasm()));
const memoryOf = (engine: Engine): WebAssembly.Memory =>
  (engine as unknown as { abi: { memory: WebAssembly.Memory } }).abi.memory;
const options = (digit: string): { peerId: string; seed: number } => ({
  peerId: digit.repeat(40),
  seed: 1,
});

/** The torrent of a golden trace, and the bytes of the file that its visitor fetched. */
const site = (): { added: Input & { t: 'torrent-added' }; contents: Uint8Array } => {
  const { records } = readTrace(readRepoFile('tests/traces/two-peers-leech.trace'));
  const inputs = records.filter((r) => r.kind === 'input');
  const added = inputs
    .map((r) => decodeFrame(schema.inputs, r.frame) as Input)
    .find((i) => i.t === 'torrent-added');
  assert.ok(added?.t === 'torrent-added');
  const writes = records
    .filter((r) => r.kind === 'output')
    .map((r) => decodeFrame(schema.outputs, r.frame) as Output)
    .filter((o) => o.t === 'store-write');
  const contents = new Uint8Array(Math.max(...writes.map((w) => w.offset + w.bytes.length)));
  for (const write of writes) contents.set(write.bytes, write.offset);
  return { added, contents };
};
const kFile = 1;

test('starts, answers and wants to be woken', () => {
  const engine = new Engine(module, options('a'));
  engine.handle(1000.7, { t: 'stats-requested' });
  const stats = engine.poll();
  assert.equal(stats?.t, 'stats');
  assert.equal(engine.poll(), null);
  assert.ok(engine.alive);
  const wakeup = engine.nextWakeupUs();
  assert.ok(wakeup === null || wakeup > 1000);
});

test('options that no engine can work with are refused', () => {
  assert.throws(() => new Engine(module, { ...options('a'), peerGrace: 2 ** 52 }), FrameError);
  assert.throws(() => new Engine(module, { ...options('a'), peerId: 'short' }), FrameError);
  assert.throws(() => new Engine(module, { ...options('a'), seed: -1 }), FrameError);
});

test('memory that was given back serves inputs of any other size', () => {
  const engine = new Engine(module, options('a'));
  const largest = 24 << 20;
  for (let size = 1 << 20; size < largest; size = Math.floor(size * 1.15)) {
    const metainfo = new Uint8Array(size);
    const v1 = '0'.repeat(40);
    engine.handle(1, { t: 'torrent-added', torrent: 1, expected: '0'.repeat(64), metainfo, v1 });
    for (let out = engine.poll(); out !== null; out = engine.poll()) {
      assert.equal(out.t, 'torrent-refused');
    }
  }
  const { byteLength } = memoryOf(engine).buffer;
  assert.ok(byteLength < 2 * largest, `${byteLength}`);
});

test('a malformed input throws and changes nothing', () => {
  const engine = new Engine(module, options('a'));
  assert.throws(() => engine.handle(1, { t: 'link-closed', link: -1 }), FrameError);
  engine.handle(2, { t: 'stats-requested' });
  assert.equal(engine.poll()?.t, 'stats');
});

test('a torrent that the pointer does not name is refused', () => {
  const engine = new Engine(module, options('a'));
  const { added } = site();
  engine.handle(1, { ...added, expected: '0'.repeat(64) });
  const refused = engine.poll();
  assert.ok(refused?.t === 'torrent-refused');
  assert.equal(refused.reason, 'hash_mismatch');
});

test('two engines share a verified file, and the recording replays', async () => {
  const { added, contents } = site();
  const world = new World();
  const trace = new TraceRecorder();
  const seed = new Visitor(world, module, options('a'));
  const leech = new Visitor(world, module, options('b'), trace);
  for (const visitor of [seed, leech]) visitor.handle(added);
  seed.files.set(kFile, contents);
  seed.handle({ t: 'file-kept', torrent: added.torrent, file: kFile });
  world.connect(1, seed, leech);
  leech.handle({
    t: 'fetch-requested',
    fetch: 1,
    torrent: added.torrent,
    file: kFile,
    begin: 0,
    end: contents.length,
    urgency: 'normal',
    deadline: 0,
  });
  world.run(5_000_000);

  const done = leech.find('fetch-done');
  assert.deepEqual(done, {
    t: 'fetch-done',
    fetch: 1,
    fromPeers: contents.length,
    fromHttp: 0,
    fromStore: 0,
  });
  assert.deepEqual(leech.files.get(kFile), contents);
  assert.ok(leech.find('file-complete'));
  assert.equal(leech.find('http-get'), undefined);

  const { config, records } = readTrace(trace.bytes());
  assert.ok(config.length > 0);
  const again = new Engine(module, options('b'));
  for (const { kind, nowUs, frame } of records) {
    if (kind === 'input') {
      again.handle(Number(nowUs), decodeFrame(schema.inputs, frame) as Input);
    } else {
      const expected = kind === 'output' ? decodeFrame(schema.outputs, frame) : null;
      assert.deepEqual(again.poll(), expected);
    }
  }
});

test('an engine without memory traps once and for all', () => {
  const engine = new Engine(module, options('a'));
  const memory = memoryOf(engine);
  const kPage = 65_536;
  memory.grow((256 * 1024 * 1024 - memory.buffer.byteLength) / kPage);
  const large = new Uint8Array(30 * 1024 * 1024);
  assert.throws(
    () => engine.handle(1, { t: 'http-bytes', http: 1, bytes: large }),
    (error) => error instanceof EngineTrap,
  );
  assert.equal(engine.alive, false);
  assert.throws(() => engine.handle(2, { t: 'tick' }), EngineTrap);
  assert.throws(() => engine.poll(), EngineTrap);
  assert.throws(() => engine.nextWakeupUs(), EngineTrap);

  const other = new Engine(module, options('a'));
  other.handle(1, { t: 'tick' });
  assert.ok(other.alive, 'other engines do not notice');
});

test('a recording is bounded, and what is there is a trace', () => {
  const trace = new TraceRecorder(10_000);
  const engine = new Engine(module, options('a'), trace);
  for (let i = 0; i < 1000; ++i) {
    engine.handle(i, { t: 'stats-requested' });
    while (engine.poll() !== null);
  }
  assert.ok(trace.truncated);
  assert.ok(trace.bytes().length <= 10_000);
  assert.ok(readTrace(trace.bytes()).records.length > 10);
});
