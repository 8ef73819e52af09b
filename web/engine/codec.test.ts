import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  decodeFields,
  decodeFrame,
  encodeFields,
  encodeFrame,
  FrameError,
  roomFor,
} from './codec.js';
import type { Input, Output } from './io.js';
import * as schema from './schema.js';
import { readRepoFile } from './test-files.js';
import { readTrace } from './trace-reader.js';

const encoded = (frames: schema.Frames, value: { t: string }): Uint8Array =>
  encodeFrame(frames, value, new Uint8Array(roomFor(value)));
const roundTrip = (frames: schema.Frames, value: Input | Output): object =>
  decodeFrame(frames, encoded(frames, value));

test('reads and writes the frames that the C++ side wrote, octet for octet', () => {
  const { config, records } = readTrace(readRepoFile('tests/vectors/frames.trace'));
  const options = decodeFields(schema.config, config);
  const written = encodeFields(schema.config, options, new Uint8Array(roomFor(options)));
  assert.deepEqual(written, config);

  const seen = new Set<string>();
  for (const { kind, frame } of records) {
    const frames = kind === 'input' ? schema.inputs : schema.outputs;
    const value = decodeFrame(frames, frame);
    seen.add(`${kind} ${value.t}`);
    assert.deepEqual(encoded(frames, value), frame, value.t);
    assert.deepEqual(encodeFrame(frames, value, new Uint8Array(frame.length)), frame, value.t);
    const tight = new Uint8Array(frame.length - 1);
    assert.throws(() => encodeFrame(frames, value, tight), /no room|out of bounds/, value.t);
  }
  const all = Object.keys(schema.inputs).length + Object.keys(schema.outputs).length;
  assert.equal(seen.size, all, 'every alternative occurs');
});

test('an unknown size is null, and hashes are hex', () => {
  const started: Input = { t: 'http-started', http: 7, status: 200, begin: 0, size: null };
  assert.deepEqual(roundTrip(schema.inputs, started), started);
  const peer = '000102030405060708090a0b0c0d0e0f10111213';
  const dial: Output = { t: 'dial', dial: 1, torrent: 2, peer };
  assert.deepEqual(roundTrip(schema.outputs, dial), dial);
});

test('decoded bytes are where the frame is: nothing is copied', () => {
  const frame = new Uint8Array(64);
  const bytes = Uint8Array.of(1, 2, 3, 4, 5);
  const whole = encodeFrame(schema.outputs, { t: 'link-send', link: 1, bytes } as Output, frame);
  const out = decodeFrame(schema.outputs, whole) as Output;
  assert.ok(out.t === 'link-send');
  assert.deepEqual(out.bytes, Uint8Array.of(1, 2, 3, 4, 5));
  assert.equal(out.bytes.buffer, frame.buffer);
});

test('what does not fit its field is refused by name', () => {
  const refused = (input: unknown): void => {
    assert.throws(() => roundTrip(schema.inputs, input as Input), FrameError);
  };
  refused({ t: 'no-such-thing' });
  refused({ t: 'link-closed', link: -1 });
  refused({ t: 'link-closed', link: 2 ** 32 });
  refused({ t: 'link-closed', link: 1.5 });
  refused({ t: 'link-closed' });
  refused({ t: 'link-opened', link: 1, torrent: 1, peer: 'abc', dial: 0 });
  refused({ t: 'link-opened', link: 1, torrent: 1, peer: 'A'.repeat(40), dial: 0 });
  refused({ t: 'http-started', http: 1, status: 200, begin: 2 ** 53, size: null });
  refused({
    t: 'fetch-requested',
    fetch: 1,
    torrent: 1,
    file: 1,
    begin: 0,
    end: 1,
    urgency: 'soon',
    deadline: 0,
  });
});

test('a damaged output is refused, never misread', () => {
  const output: Output = { t: 'fetch-failed', fetch: 1, reason: 'removed' };
  const frame = encoded(schema.outputs, output);
  assert.throws(() => decodeFrame(schema.outputs, frame.subarray(0, 3)));
  assert.throws(() => decodeFrame(schema.outputs, Uint8Array.of(...frame, 0)), FrameError);
  frame[frame.length - 1] = 7;
  assert.throws(() => decodeFrame(schema.outputs, frame), FrameError);
  assert.throws(() => decodeFrame(schema.outputs, Uint8Array.of(15)), FrameError);
});
