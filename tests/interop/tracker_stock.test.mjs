// The tracker endpoint of `skep serve` against the stock clients' own code, and against clients that
// mean harm. Everything a client does here goes over real sockets.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { replacePackage, serve, webPackage } from './origin-process.mjs';
import { publisher } from './pointer.mjs';

// The stock client's WebRTC is a binary that an install script downloads; only its signalling is
// wanted here.
replacePackage('webrtc-polyfill', new URL('fake-wrtc.mjs', import.meta.url));
const { default: Client } = await webPackage('bittorrent-tracker');
const { default: WebSocket } = await webPackage('ws');

const key = publisher();
const infoHash = randomBytes(32);
const shortHash = infoHash.subarray(0, 20);
const binary = (buffer) => buffer.toString('latin1');
const peerId = () => Buffer.concat([Buffer.from('-TS0001-'), randomBytes(12)]);

let folder;
let origin;
let url;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'skep-tracker-'));
  mkdirSync(join(folder, '.well-known/skep'), { recursive: true });
  writeFileSync(join(folder, 'index.html'), '<p>hello</p>');
  writeFileSync(join(folder, '.well-known/skep/latest'), key.pointer([infoHash]));
  origin = await serve([folder]);
  url = `ws://localhost:${origin.port}/.well-known/skep/tracker`;
});
after(async () => {
  assert.equal(await origin.stop(), 0, 'a clean exit');
  rmSync(folder, { recursive: true });
});

const once = (emitter, event, what = event) =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no ${what} within 10 s`)), 10_000);
    emitter.once(event, (...args) => {
      clearTimeout(timer);
      resolve(args.length > 1 ? args : args[0]);
    });
  });

function stockClient(announce = url) {
  const client = new Client({ infoHash: shortHash, peerId: peerId(), port: 6881, announce: [announce] });
  client.problems = [];
  client.on('warning', (e) => client.problems.push(e.message));
  client.on('error', (e) => client.problems.push(e.message));
  return client;
}
const destroyed = (client) => new Promise((resolve) => client.destroy(resolve));

/** A plain WebSocket that keeps what it gets. `next()` resolves with the next message, parsed. */
async function socket(to = url) {
  const ws = new WebSocket(to);
  const got = [];
  const waiting = [];
  ws.on('message', (data) => {
    const message = JSON.parse(data.toString());
    waiting.length ? waiting.shift()(message) : got.push(message);
  });
  ws.closed = new Promise((resolve) => ws.on('close', (code, reason) => resolve([code, String(reason)])));
  ws.on('error', () => {});
  ws.next = () => (got.length ? Promise.resolve(got.shift()) : new Promise((r) => waiting.push(r)));
  ws.tell = (message) => ws.send(JSON.stringify(message));
  await once(ws, 'open');
  return ws;
}
const hello = (id, more = {}, hash = shortHash) => ({
  action: 'announce',
  info_hash: binary(hash),
  peer_id: binary(id),
  numwant: 5,
  uploaded: 0,
  downloaded: 0,
  left: 100,
  ...more,
});
async function health() {
  return (await fetch(`http://localhost:${origin.port}/healthz`)).json();
}

test('the stock client announces, exchanges an offer and an answer, scrapes and stops', async () => {
  const first = stockClient();
  first.start();
  const update = await once(first, 'update');
  assert.equal(update.complete + update.incomplete, 1);
  assert.ok(update.interval >= 30);

  const second = stockClient(`ws://127.0.0.1:${origin.port}/announce`);
  const met = [once(first, 'peer', 'peer at the first'), once(second, 'peer', 'peer at the second')];
  second.start({ left: 0 });
  const [atFirst, atSecond] = await Promise.all(met);
  assert.equal(atFirst.id, second.peerId, 'the offer came from the second');
  assert.equal(atSecond.id, first.peerId, 'the answer came from the first');

  second.complete();
  first.scrape();
  const scraped = await once(first, 'scrape');
  assert.equal(scraped.infoHash, shortHash.toString('hex'));
  assert.equal(scraped.complete, 1);
  assert.equal(scraped.incomplete, 1);
  assert.equal((await health()).peers, 2);

  second.stop();
  await once(second, 'update', 'reply to stop');
  assert.equal((await health()).peers, 1);
  assert.deepEqual([...first.problems, ...second.problems], []);
  await Promise.all([destroyed(first), destroyed(second)]);
});

test('candidates first: an offer reaches the chosen peer only, an answer its offerer', async () => {
  const [a, b, c] = await Promise.all([socket(), socket(), socket()]);
  const [ida, idb, idc] = [peerId(), peerId(), peerId()];
  for (const [ws, id] of [[a, ida], [b, idb]]) {
    ws.tell(hello(id, { skep: { candidates: 10 } }));
    await ws.next();
  }
  c.tell(hello(idc, { left: 0, skep: { candidates: 10 } }));
  const { skep } = await c.next();
  assert.deepEqual(skep.candidates.map((each) => each.peer_id).sort(), [ida, idb].map(binary).sort());

  const offer = { type: 'offer', sdp: 'v=0 ü "\\" \u2028' };
  const offerId = randomBytes(20);
  c.tell({ ...hello(idc), to_peer_id: binary(idb), offer, offer_id: binary(offerId) });
  const relayed = await b.next();
  assert.deepEqual(relayed.offer, offer);
  assert.equal(relayed.peer_id, binary(idc));
  const answer = { type: 'answer', sdp: 'v=0 answer' };
  b.tell({ ...hello(idb), to_peer_id: binary(idc), answer, offer_id: binary(offerId) });
  const answered = await c.next();
  assert.deepEqual(answered.answer, answer);
  assert.equal(answered.peer_id, binary(idb));

  const stranger = peerId();
  c.tell({ ...hello(idc), to_peer_id: binary(stranger), offer, offer_id: binary(offerId) });
  assert.equal((await c.next()).skep.gone, binary(stranger));
  for (const ws of [a, b, c]) ws.close();
  await Promise.all([a.closed, b.closed, c.closed]);
});

test('a swarm that is not served here is refused', async () => {
  const ws = await socket();
  ws.tell(hello(peerId(), {}, randomBytes(20)));
  assert.match((await ws.next())['failure reason'], /does not serve/);
  ws.close();
});

test('hostile messages close their own connection, with a reason, and nobody else', async (t) => {
  const bystander = await socket();
  const id = peerId();
  bystander.tell(hello(id));
  await bystander.next();
  const deep = '['.repeat(100_000);
  const cases = {
    'no JSON': '{"action":',
    'deep nesting': deep,
    'deep nesting inside a field': `{"action":"announce","x":${'['.repeat(60)}${']'.repeat(60)}}`,
    'a hash of 19 characters': JSON.stringify(hello(id, {}, randomBytes(19))),
    'a hash beyond U+00FF': JSON.stringify({ ...hello(id), info_hash: 'ā'.repeat(20) }),
    'a peer id that is a number': JSON.stringify({ ...hello(id), peer_id: 7 }),
    'an unknown action': '{"action":"dance"}',
    'a bare string': '"announce"',
    'a huge sdp': JSON.stringify(hello(id, { offers: [{ offer: { type: 'offer', sdp: 'x'.repeat(60_000) }, offer_id: binary(randomBytes(20)) }] })),
  };
  for (const [name, text] of Object.entries(cases)) {
    await t.test(name, async () => {
      const ws = await socket();
      ws.send(text);
      const [code, reason] = await ws.closed;
      assert.equal(code, 1008);
      assert.ok(reason.length > 5, reason);
    });
  }
  await t.test('128 KiB and one byte, and 10 MB', async () => {
    for (const size of [128 * 1024 + 1, 10_000_000]) {
      const ws = await socket();
      ws.send(' '.repeat(size));
      const [code] = await ws.closed;
      assert.equal(code, 1009);
    }
  });
  await t.test('binary frames', async () => {
    const ws = await socket();
    ws.send(randomBytes(100));
    assert.equal((await ws.closed)[0], 1003);
  });
  await t.test('too many messages', async () => {
    const ws = await socket();
    const text = JSON.stringify(hello(peerId()));
    for (let i = 0; i < 1000; i++) ws.send(text);
    assert.equal((await ws.closed)[0], 1008);
  });
  await t.test('a peer id of somebody else', async () => {
    const ws = await socket();
    ws.tell(hello(id));
    assert.match((await ws.next())['failure reason'], /another connection/);
    ws.close();
  });
  bystander.tell(hello(id));
  assert.equal((await bystander.next()).action, 'announce', 'the bystander is still served');
  bystander.close();
});

test('--allow-key: a pointer by that key, attached to an announce, opens its swarms', async () => {
  const stranger = publisher();
  const elsewhere = await serve(['--allow-key', key.publicHex]);
  try {
    const to = `ws://localhost:${elsewhere.port}/some/where/.well-known/skep/tracker`;
    const announce = async (hash, pointer) => {
      const ws = await socket(to);
      ws.tell(hello(peerId(), { skep: { candidates: 5, ...(pointer && { pointer: pointer.toString('base64') }) } }, hash.subarray(0, 20)));
      const reply = await ws.next();
      ws.close();
      await ws.closed;
      return reply['failure reason'] ? 'refused' : 'served';
    };
    const [other, third] = [randomBytes(32), randomBytes(32)];
    const past = Math.floor(Date.now() / 1000) - 10;
    const forged = key.pointer([other]);
    forged[forged.length - 5] ^= 1;
    assert.equal(await announce(other), 'refused', 'nothing is known yet');
    assert.equal(await announce(other, stranger.pointer([other])), 'refused', 'another key');
    assert.equal(await announce(other, key.pointer([other], { expires: past })), 'refused', 'expired');
    const broken = key.pointer([other]);
    broken[broken.indexOf('3:sig') + 20] ^= 1;
    assert.equal(await announce(other, broken), 'refused', 'a broken signature');
    assert.equal(await announce(other, Buffer.from('d1:ke')), 'refused', 'no pointer at all');
    assert.equal(await announce(other, key.pointer([other])), 'served');
    assert.equal(await announce(other), 'served', 'known now');
    assert.equal(await announce(third, key.pointer([other])), 'refused', 'only what it names');
  } finally {
    assert.equal(await elsewhere.stop('SIGINT'), 0);
  }
});

test('a new version is served as soon as its pointer is on disk', async () => {
  const next = randomBytes(32);
  writeFileSync(join(folder, '.well-known/skep/latest'), key.pointer([next], { seq: 2_000_000_000 }));
  const ws = await socket();
  ws.tell(hello(peerId(), {}, next.subarray(0, 20)));
  assert.equal((await ws.next())['failure reason'], undefined);
  ws.tell(hello(peerId()));
  assert.equal((await ws.next())['failure reason'], undefined, 'the old one goes on for a while');
  ws.close();
});

test('a plain request to the tracker is told to upgrade', async () => {
  const response = await fetch(url.replace('ws:', 'http:'));
  assert.equal(response.status, 426);
});
