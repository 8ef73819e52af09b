import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readDict, readInt, readList, readString } from '../bencode.js';
import { binaryToHex, fromHex, hexToBinary } from '../hex.js';
import { pathUrl, urlPath } from '../place.js';
import { parseRange } from '../range.js';
import { readOptions } from '../page/options.js';
import { coverage } from '../worker/http.js';
import { announceOf } from '../metainfo.js';
import { PendingWrites } from '../worker/pending.js';
import { Chunks } from '../sw/chunks.js';

const bytes = (s: string): Uint8Array => Uint8Array.from(s, (c) => c.charCodeAt(0));
const string = (b: Uint8Array): string => String.fromCharCode(...b);

test('bencode: values are spans of the input', () => {
  const dict = readDict(bytes('d1:ai-3e1:bl1:x0:e1:cd1:di0eee'));
  assert.deepEqual([...dict.keys()], ['a', 'b', 'c']);
  assert.equal(readInt(dict.get('a')!), -3);
  assert.deepEqual(
    readList(dict.get('b')!).map((item) => string(readString(item))),
    ['x', ''],
  );
  assert.equal(string(dict.get('c')!), 'd1:di0ee');
});

test('bencode: what is not canonical is refused', () => {
  const deep = `${'l'.repeat(100)}${'e'.repeat(100)}`;
  for (const wrong of [
    '',
    'd',
    'de ',
    'i1e',
    'd1:a',
    'd1:ai1e',
    'd1:bi1e1:ai1ee',
    'd1:ai1e1:ai1ee',
    'd1:ai01ee',
    'd1:ai-0ee',
    'd1:aiee',
    'd1:ai1xee',
    'd01:ai1ee',
    'd1:a2:xe',
    'di1ei1ee',
    'd1:ali1ee',
    'd1:a99999999999999999999:xe',
    'd1:ai99999999999999999ee',
    `d1:a${deep}e`,
  ]) {
    assert.throws(() => readDict(bytes(wrong)), { name: 'BencodeError' }, wrong);
  }
});

test('the tracker of a .torrent is its announce, when that is a WebSocket', () => {
  assert.equal(announceOf(bytes('d8:announce8:ws://a/b4:infodee')), 'ws://a/b');
  assert.equal(announceOf(bytes('d8:announce8:http://a4:infodee')), null);
  assert.equal(announceOf(bytes('d4:infodee')), null);
  assert.equal(announceOf(bytes('d4:info')), null);
});

test('binary strings carry 20 bytes as U+0000 to U+00FF, and nothing else', () => {
  const hex = '00ff10'.padEnd(40, '7f');
  assert.equal(binaryToHex(hexToBinary(hex), 20), hex);
  assert.equal(binaryToHex('x'.repeat(19), 20), null);
  assert.equal(binaryToHex(`${'x'.repeat(19)}\u0100`, 20), null);
  assert.equal(binaryToHex(20, 20), null);
  assert.deepEqual(fromHex('00ff10'), bytes('\x00\xff\x10'));
});

test('URLs and the site map’s paths name each other', () => {
  const base = 'http://localhost:1/sub/';
  for (const path of ['a.bin', 'assets/naïve – 名前 & more.bin', 'a b/%41.txt', 'x#y?z']) {
    assert.equal(urlPath(base, new URL(pathUrl(base, path)).href), path);
  }
  assert.equal(urlPath(base, `${base}a.bin?v=1`), null);
  assert.equal(urlPath(base, `${base}a.bin#part`), 'a.bin');
  assert.equal(urlPath(base, 'http://localhost:1/other/a.bin'), null);
  assert.equal(urlPath(base, `${base}%ff`), null);
});

test('Range headers', () => {
  assert.equal(parseRange(null, 100), null);
  assert.deepEqual(parseRange('bytes=0-', 100), { begin: 0, end: 100 });
  assert.deepEqual(parseRange('bytes=10-19', 100), { begin: 10, end: 20 });
  assert.deepEqual(parseRange('bytes=90-200', 100), { begin: 90, end: 100 });
  assert.deepEqual(parseRange('bytes=-5', 100), { begin: 95, end: 100 });
  assert.deepEqual(parseRange('bytes=-500', 100), { begin: 0, end: 100 });
  for (const header of [
    'bytes=-0',
    'bytes=100-',
    'bytes=5-4',
    'bytes=0-1,3-4',
    'lines=1-2',
    'bytes=-',
  ]) {
    assert.equal(parseRange(header, 100), 'other', header);
  }
});

test('what a response covers', () => {
  const response = (status: number, headers: Record<string, string>) => ({
    status,
    headers: new Headers(headers),
  });
  assert.deepEqual(coverage(response(200, { 'content-length': '7' })), { begin: 0, size: 7 });
  assert.deepEqual(coverage(response(206, { 'content-range': 'bytes 5-9/20' })), {
    begin: 5,
    size: 20,
  });
  assert.deepEqual(coverage(response(206, { 'content-range': 'bytes 5-9/*' })), {
    begin: 5,
    size: null,
  });
  assert.equal(coverage(response(206, {})), null);
  const encoded = response(200, { 'content-length': '7', 'content-encoding': 'br' });
  assert.deepEqual(coverage(encoded), { begin: 0, size: null }, 'the length of an encoded body');
});

test('options: what makes no sense is as if it were not there', () => {
  const none = readOptions({});
  assert.equal(none.peers, true);
  assert.equal(none.upload, true);
  assert.equal(none.peerGraceMs, undefined);
  const some = readOptions({
    peerGrace: '250',
    deadline: 'soon',
    upload: '50000',
    peers: 'off',
    ice: 'stun:a, turn:b',
  });
  assert.equal(some.peerGraceMs, 250);
  assert.equal(some.deadlineMs, undefined);
  assert.equal(some.uploadRateBytesPerS, 50000);
  assert.equal(some.peers, false);
  assert.deepEqual(some.ice, ['stun:a', 'turn:b']);
  assert.equal(readOptions({ upload: 'off' }).upload, false);
});

test('chunks come in order; what came before a failure is not lost', async () => {
  const chunks = new Chunks(
    () => {},
    () => {},
  );
  const one = new Uint8Array([1]);
  const waiting = chunks.next(1000);
  chunks.push(one);
  assert.equal(await waiting, one);
  chunks.push(one);
  chunks.fail(true);
  assert.equal(await chunks.next(1000), one);
  await assert.rejects(chunks.next(1000));
  assert.ok(chunks.mismatch);
  const ended = new Chunks(
    () => {},
    () => {},
  );
  ended.end();
  assert.equal(await ended.next(1000), null);
  await assert.rejects(
    new Chunks(
      () => {},
      () => {},
    ).next(5),
    /stalled/,
  );
});

test('bytes can be read while they are being written, and only then', async () => {
  const pending = new PendingWrites();
  let finish = (): void => {};
  const writing = new Promise<void>((resolve) => (finish = resolve));
  pending.hold(4, new Uint8Array([4, 5, 6, 7]), writing);
  pending.hold(0, new Uint8Array([0, 1, 2, 3]), writing);
  assert.deepEqual(pending.read(2, 4), new Uint8Array([2, 3, 4, 5]));
  assert.deepEqual(pending.read(0, 8), new Uint8Array([0, 1, 2, 3, 4, 5, 6, 7]));
  assert.equal(pending.read(6, 4), null);
  finish();
  await writing;
  await null;
  assert.equal(pending.read(2, 4), null);
});
