// The `skep` program as a shell runs it: what the commands' own tests do not reach.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { openSync } from 'node:fs';
import { test } from 'node:test';
import { skepBinary } from '../../tools/stage.mjs';

const skep = (args, options = {}) => spawnSync(skepBinary, args, { encoding: 'utf8', ...options });

test('a command that there is not is named', () => {
  const { status, stderr } = skep(['serv', 'site']);
  assert.equal(status, 2);
  assert.match(stderr, /^skep: no such command: serv /);
});

test('what cannot be printed is a failure', () => {
  const full = openSync('/dev/full', 'w');
  for (const args of [['--help'], ['--version'], ['serve', '--print-config']]) {
    const { status, stderr } = skep(args, { stdio: ['ignore', full, 'pipe'] });
    assert.equal(status, 1, args.join(' '));
    assert.match(stderr, /^skep: standard output: No space left on device$/m);
  }
});
