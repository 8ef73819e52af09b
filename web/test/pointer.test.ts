import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { fromHex, toHex } from '../hex.js';
import { parsePointer, signedBytes, verifyPointer, verifySignature } from '../pointer.js';

globalThis.crypto ??= webcrypto as unknown as Crypto; // Node 18

const text = (s: string): Uint8Array<ArrayBuffer> => new Uint8Array(new TextEncoder().encode(s));
const join = (...parts: Uint8Array[]): Uint8Array<ArrayBuffer> =>
  new Uint8Array(Buffer.concat(parts));
const hex = fromHex;

test('RFC 8032 section 7.1: signatures verify, altered ones do not', async () => {
  const vectors = [
    [
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155' +
        '5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
        '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
  ] as const;
  for (const [key, message, signature] of vectors) {
    assert.ok(await verifySignature(hex(key), hex(signature), hex(message)));
    const altered = hex(signature);
    altered[5]! ^= 1;
    assert.ok(!(await verifySignature(hex(key), altered, hex(message))));
  }
});

test('BEP 44 test vector 1: the published signature of a mutable item verifies', async () => {
  const key = '77ff84905a91936367c01360803104f92432fcd904a43511876df5cdf3e7e548';
  const signature =
    '305ac8aeb6c9c151fa120f120ea2cfb923564e11552d06a5d856091e5e853cff' +
    '1260d3f39e4999684aa92eb73ffd136e6f4f3ecbfda0ce53a1608ecd7ae21f01';
  const signed = signedBytes(1, text('12:Hello World!'));
  assert.equal(Buffer.from(signed).toString(), '3:seqi1e1:v12:Hello World!');
  assert.ok(await verifySignature(hex(key), hex(signature), signed));
});

interface Signer {
  key: string;
  pointer(seq: number, value: string | Uint8Array): Promise<Uint8Array<ArrayBuffer>>;
}
async function signer(): Promise<Signer> {
  const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, [
    'sign',
    'verify',
  ])) as CryptoKeyPair;
  const key = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey));
  return {
    key: toHex(key),
    async pointer(seq, value) {
      const v = typeof value === 'string' ? text(value) : value;
      const signed = signedBytes(seq, v);
      const sig = new Uint8Array(
        await crypto.subtle.sign({ name: 'Ed25519' }, pair.privateKey, signed),
      );
      return join(
        text('d1:k32:'),
        key,
        text(`3:seqi${seq}e3:sig64:`),
        sig,
        text('1:v'),
        v,
        text('e'),
      );
    },
  };
}
const hash = 'h'.repeat(32);
const value = (expires: number): string => `d3:expi${expires}e2:ihl32:${hash}e1:vi1ee`;

test('a valid pointer is believed', async () => {
  const { key, pointer } = await signer();
  const file = await pointer(7, value(1000));
  const found = await verifyPointer(file, { key, seq: 7 }, 999);
  assert.equal(found.key, key);
  assert.equal(found.seq, 7);
  assert.equal(found.expires, 1000);
  assert.deepEqual(found.hashes, ['68'.repeat(32)]);
});

test('what is refused, and why', async () => {
  const { key, pointer } = await signer();
  const file = await pointer(7, value(1000));
  const fault = (name: string) => (error: { fault?: string }) => error.fault === name;
  await assert.rejects(verifyPointer(file, { key }, 1000), fault('expired'));
  await assert.rejects(verifyPointer(file, { key, seq: 8 }, 1), fault('rolled_back'));
  await assert.rejects(verifyPointer(file, { key: 'ab'.repeat(32) }, 1), fault('other_key'));
  for (let at = 0; at < file.length; at += 1) {
    const altered = file.slice();
    altered[at]! ^= 0x01;
    await assert.rejects(verifyPointer(altered, { key, seq: 7 }, 999), `byte ${at} altered`);
  }
});

test('malformed pointers are refused before anything is verified', async () => {
  const { pointer } = await signer();
  const good = await pointer(7, value(1000));
  const malformed: Uint8Array[] = [
    text(''),
    text('de'),
    good.subarray(0, good.length - 1),
    join(good, text('e')),
    join(good.subarray(0, good.length - 1), text('1:x2000:'), new Uint8Array(2000), text('e')),
    await pointer(7, 'd3:expi1e2:ihle1:vi1ee'),
    await pointer(7, `d3:expi1e2:ihl31:${'h'.repeat(31)}e1:vi1ee`),
    await pointer(7, `d3:expi1e2:ihl32:${hash}e1:vi2ee`),
    await pointer(7, `d2:ihl32:${hash}e3:expi1e1:vi1ee`),
    await pointer(7, `d3:expi01e2:ihl32:${hash}e1:vi1ee`),
    await pointer(7, `d3:expi1e2:ihl32:${hash}e1:vi1e4:wide${'960:'}${'x'.repeat(960)}e`),
    await pointer(7, `d3:expi1e2:ihl${`32:${hash}`.repeat(17)}e1:vi1ee`),
  ];
  for (const [i, file] of malformed.entries()) {
    assert.throws(() => parsePointer(file), { name: 'PointerError' }, `case ${i}`);
  }
});

test('unknown keys inside the value are allowed, and signed', async () => {
  const { key, pointer } = await signer();
  const file = await pointer(3, `d3:expi1000e2:ihl32:${hash}e4:more2:ok1:vi1ee`);
  assert.equal((await verifyPointer(file, { key }, 1)).seq, 3);
});
