import assert from 'node:assert/strict';
import { test } from 'node:test';

import { loadEngine } from './engine.js';
import { split, unsplit } from './split.js';
import { readEngineWasm } from './test-files.js';

const module = readEngineWasm();
const halves = split(module);

test('what was split comes back octet for octet', () => {
  assert.deepEqual(unsplit(halves), module);
});

test('a split module is a module of one custom section, and loads as the engine', async () => {
  const shell = await WebAssembly.compile(halves);
  assert.equal(WebAssembly.Module.customSections(shell, 'split').length, 1);
  assert.deepEqual(WebAssembly.Module.exports(shell), []);
  const loaded = await loadEngine(new Response(halves));
  assert.ok(WebAssembly.Module.exports(loaded).some(({ name }) => name === 'skep_handle'));
});

test('a module that is not split is returned as it is', () => {
  assert.equal(unsplit(module), module);
});

test('a split module that ends early, or says other things, is never taken for the whole', () => {
  for (let size = 9; size < halves.length; size += 997) {
    assert.throws(() => unsplit(halves.slice(0, size)));
  }
  for (let at = 18; at < halves.length; at += 1009) {
    const wrong = halves.slice();
    wrong[at]! ^= 0x15;
    let back: Uint8Array | null = null;
    try {
      back = unsplit(wrong);
    } catch {
      continue; // refused
    }
    assert.notDeepEqual(back, module);
  }
});

test('code that is not understood is not split', () => {
  // (func (drop (f32.const …))): the walk takes the last octets of the number for instructions.
  const float = [0x43, 0, 0, 0x0b, 0x0b, 0x1a, 0x0b];
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, 1, 4, 1, 0x60, 0, 0, 3, 2, 1, 0];
  const body = [0, ...float];
  const bytes = [...head, 10, body.length + 2, 1, body.length, ...body];
  assert.ok(WebAssembly.validate(new Uint8Array(bytes)));
  assert.throws(() => split(new Uint8Array(bytes)));
});
