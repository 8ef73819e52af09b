import assert from 'node:assert/strict';
import { test } from 'node:test';
import { niceMaximum } from '../dashboard/charts.js';
import { bytes, money, percent, roundBytes, span } from '../dashboard/format.js';

test('bytes are told in powers of ten, with three digits', () => {
  assert.equal(bytes(0), '0 B');
  assert.equal(bytes(999), '999 B');
  assert.equal(bytes(1000), '1.00 kB');
  assert.equal(bytes(999_900), '1.00 MB');
  assert.equal(bytes(12_340_000), '12.3 MB');
  assert.equal(bytes(123_400_000), '123 MB');
  assert.equal(bytes(4e18), '4000 PB');
  assert.equal(roundBytes(2_500_000), '2.5 MB');
  assert.equal(roundBytes(5_000_000), '5 MB');
  assert.equal(roundBytes(150_000), '150 kB');
});

test('a share never claims all or nothing when it is not', () => {
  assert.equal(percent(0), '0 %');
  assert.equal(percent(0.0001), '< 1 %');
  assert.equal(percent(0.5), '50 %');
  assert.equal(percent(0.9999), '> 99 %');
  assert.equal(percent(1), '100 %');
  assert.equal(money(0.001), '< 0.01');
  assert.equal(money(12.344), '12.34');
});

test('times are told in two units', () => {
  assert.equal(span(5), '5 s');
  assert.equal(span(125), '2 min');
  assert.equal(span(3725), '1 h 2 min');
  assert.equal(span(200_000), '2 d 7 h');
});

test('axes end at round numbers that hold the highest point', () => {
  for (const [value, top] of [
    [0, 1],
    [1, 1],
    [2, 2],
    [7, 8],
    [58, 60],
    [99, 100],
    [1100, 1500],
  ]) {
    assert.equal(niceMaximum(value as number), top);
  }
});
