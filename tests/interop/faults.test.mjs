// Faults, small enough for every run; bench/faults.mjs plays them large.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskFull, fewDescriptors, idleSockets, killPublish, killServe, slowReaders, wireFuzz } from './faults.mjs';

test('kill -9 at any moment of publish leaves a whole publication', () => killPublish({ rounds: 8 }));
test('kill -9 of serve leaves a whole publication', () => killServe({ rounds: 3 }));
test('a full disk fails publish with a sentence, and serve goes on', () => diskFull({ steps: 6 }));
test('without descriptors idle connections make room', () => fewDescriptors({ limit: 64, connections: 200 }));
test('idle WebSockets cost little and disturb nobody', async () => {
  const { perSocket } = await idleSockets({ count: 500 });
  assert.ok(perSocket < 30_000, `${perSocket} bytes each`);
});
test('readers who take nothing cost little and disturb nobody', async () => {
  const { perReader } = await slowReaders({ count: 200 });
  assert.ok(perReader < 100_000, `${perReader} bytes each`);
});
test('malformed requests, frames and JSON', () => wireFuzz({ connections: 600, seed: 20261121 }));
