// faults.mjs: what may happen to `skep serve` and `skep publish`, and what must hold afterwards. Each
// fault takes its size from the caller: small ones are tests (faults.test.mjs), large ones come with
// figures (bench/faults.mjs). Random choices come from a seed.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { runSkep, skepBinary, startOrigin, temporaryFolder, until } from '../../tools/stage.mjs';

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const bytes = (next, size) => Buffer.from(Array.from({ length: size }, () => Math.floor(next() * 256)));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const memoryOf = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) * 1024;

/** A site with a key, in a folder of its own; `publish()` publishes it. */
export async function makeSite({ files = 40, size = 20_000, seed = 1 } = {}) {
  const folder = temporaryFolder('faults');
  const site = join(folder.path, 'site');
  const out = join(folder.path, 'out');
  const key = join(folder.path, 'key');
  mkdirSync(join(site, 'a'), { recursive: true });
  writeFileSync(join(site, 'index.html'), '<!doctype html><title>faults</title>');
  const next = random(seed);
  for (let i = 0; i < files; i += 1) writeFileSync(join(site, `a/${i}.bin`), bytes(next, size));
  await runSkep(['key', 'new', '-o', key]);
  const args = ['publish', site, '-o', out, '--key', key, '--share', 'a/**'];
  return { ...folder, site, out, key, args, files, size, publish: () => runSkep(args) };
}

/** Runs a command until it ends, or is killed after `afterMs`. */
function runAndKill(args, afterMs, { command = skepBinary } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: 'ignore' });
    const timer = setTimeout(() => child.kill('SIGKILL'), afterMs);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal });
    });
  });
}

/** kill -9 at any moment of publish: the publication is the old one or the new one, whole. */
export async function killPublish({ rounds, seed = 7 }) {
  const place = await makeSite();
  const next = random(seed);
  await place.publish();
  const began = Date.now();
  await place.publish();
  const whole = Date.now() - began;
  let killed = 0;
  for (let round = 0; round < rounds; round += 1) {
    writeFileSync(join(place.site, `a/${round % place.files}.bin`), bytes(next, place.size));
    const end = await runAndKill(place.args, next() * whole * 1.2);
    if (end.signal) killed += 1;
    await runSkep(['verify', place.out]);
  }
  await place.publish();
  await runSkep(['verify', place.out]);
  const origin = await startOrigin(place.out);
  const got = Buffer.from(await (await fetch(`${origin.url}a/0.bin`)).arrayBuffer());
  assert.deepEqual(got, readFileSync(join(place.site, 'a/0.bin')));
  await origin.stop();
  place.remove();
  return { rounds, killed };
}

/** kill -9 at any moment of serve, while it serves and renews its pointer. */
export async function killServe({ rounds, seed = 9 }) {
  const place = await makeSite();
  const next = random(seed);
  await place.publish();
  for (let round = 0; round < rounds; round += 1) {
    const origin = await startOrigin(place.out, { args: ['--key', place.key] });
    const stop = new AbortController();
    const visitors = Promise.allSettled(
      Array.from({ length: 10 }, async (_, i) => {
        while (!stop.signal.aborted) await (await fetch(`${origin.url}a/${i}.bin`)).arrayBuffer();
      }),
    );
    const renewal = runSkep(['pointer', 'renew', place.out, '--key', place.key]).catch(() => {});
    await sleep(next() * 200);
    await origin.kill();
    stop.abort();
    await Promise.all([visitors, renewal]);
    await runSkep(['verify', place.out]);
  }
  const origin = await startOrigin(place.out);
  assert.equal((await fetch(`${origin.url}a/1.bin`)).status, 200);
  await origin.stop();
  place.remove();
  return { rounds };
}

/** Runs skep with files limited to `blocks` of 512 bytes: writing more fails, as on a full disk. */
function limited(blocks, args) {
  return runAndKill(['-c', `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`, skepBinary, ...args], 60_000, { command: '/bin/sh' });
}

/** No room to write: publish fails and leaves the old publication; serve goes on without its log. */
export async function diskFull({ steps }) {
  const place = await makeSite();
  await place.publish();
  const before = readFileSync(join(place.out, '.well-known/skep/latest'));
  let failed = 0;
  for (let step = 0; step < steps; step += 1) {
    writeFileSync(join(place.site, 'a/0.bin'), bytes(random(step), place.size + step));
    const { code, signal } = await limited(step * 2, place.args);
    assert.equal(signal, null, 'it says what happened, it does not crash');
    await runSkep(['verify', place.out]);
    if (code === 0) break;
    assert.equal(code, 1);
    failed += 1;
    assert.deepEqual(readFileSync(join(place.out, '.well-known/skep/latest')), before);
  }
  assert.ok(failed > 0);
  await place.publish();
  const origin = await startOrigin(place.out, { args: ['--access-log', '/dev/full'] });
  for (let i = 0; i < 20; i += 1) assert.equal((await fetch(`${origin.url}a/0.bin`)).status, 200);
  await origin.stop();
  place.remove();
  return { failed };
}

/** One request over a connection of its own; resolves with status and milliseconds. */
function ask(url, path = 'a/0.bin') {
  const began = performance.now();
  return new Promise((resolve, reject) =>
    request(`${url}${path}`, { agent: false }, (response) =>
      response.resume().on('end', () => resolve({ status: response.statusCode, ms: performance.now() - began })).on('error', reject),
    )
      .on('error', reject)
      .end(),
  );
}

function openSocket(port, text) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      if (text) socket.write(text);
      resolve(socket);
    });
    socket.on('error', reject);
  });
}

/** More connections than descriptors: those that idle make room, and everybody is served. */
export async function fewDescriptors({ limit, connections }) {
  const place = await makeSite();
  await place.publish();
  const child = spawn('/bin/sh', ['-c', `ulimit -n ${limit}; exec "$0" "$@"`, skepBinary, 'serve', place.out, '--port', '0'], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const port = await new Promise((resolve) => child.stdout.on('data', (d) => {
    const match = String(d).match(/localhost:(\d+)/);
    if (match) resolve(Number(match[1]));
  }));
  const sockets = [];
  for (let i = 0; i < connections; i += 1) {
    const socket = await openSocket(port).catch(() => null);
    if (socket) sockets.push(socket.on('error', () => {}));
  }
  const url = `http://127.0.0.1:${port}/`;
  let served = 0;
  await until('every file is served', async () => {
    for (let i = served; i < place.files; i += 1) {
      const { status } = await ask(url, `a/${i}.bin`).catch(() => ({ status: 0 }));
      if (status !== 200) return false;
      served = i + 1;
    }
    return true;
  });
  for (const socket of sockets) socket.destroy();
  assert.equal(child.exitCode, null);
  child.kill('SIGTERM');
  assert.equal(await ended, 0);
  place.remove();
  return { limit, connections: sockets.length, served };
}

const upgrade = 'GET /announce HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';

/** Many WebSockets that say nothing: what each weighs, and what others notice. */
export async function idleSockets({ count, hold = 0 }) {
  const place = await makeSite();
  await place.publish();
  const origin = await startOrigin(place.out, { args: ['--max-connections', '15000'] });
  await ask(origin.url);
  const before = memoryOf(origin.pid);
  const sockets = [];
  let closed = 0;
  for (let i = 0; i < count; i += 1) {
    const socket = await openSocket(origin.port, upgrade);
    await new Promise((resolve) => socket.once('data', resolve));
    sockets.push(socket.on('error', () => {}).on('close', () => (closed += 1)).resume());
  }
  await sleep(hold);
  const times = [];
  for (let i = 0; i < 50; i += 1) times.push((await ask(origin.url)).ms);
  const health = await (await fetch(`${origin.url}healthz`)).json();
  assert.equal(closed, 0);
  assert.ok(health.connections >= count);
  const perSocket = (memoryOf(origin.pid) - before) / count;
  const began = performance.now();
  for (const socket of sockets) socket.destroy();
  await origin.stop();
  place.remove();
  return { count, perSocket, medianMs: median(times), stopMs: performance.now() - began };
}

export const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Readers who ask for a large file and take nothing. */
export async function slowReaders({ count, untilClosed = false }) {
  const place = await makeSite({ files: 4, size: 1_000_000 });
  await place.publish();
  const origin = await startOrigin(place.out, { args: ['--max-connections', '15000'] });
  const alone = [];
  for (let i = 0; i < 30; i += 1) alone.push((await ask(origin.url)).ms);
  const before = memoryOf(origin.pid);
  const sockets = [];
  let closed = 0;
  for (let i = 0; i < count; i += 1) {
    const socket = await openSocket(origin.port, 'GET /a/1.bin HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(20));
    sockets.push(socket.pause().on('error', () => {}).on('close', () => (closed += 1)));
  }
  const beside = [];
  for (let i = 0; i < 30; i += 1) {
    const { status, ms } = await ask(origin.url);
    assert.equal(status, 200);
    beside.push(ms);
  }
  const perReader = (memoryOf(origin.pid) - before) / count;
  const connections = async () => (await (await fetch(`${origin.url}healthz`)).json()).connections;
  assert.ok((await connections()) >= count);
  let closedAfterS = null;
  if (untilClosed) {
    const began = Date.now();
    await until('they are given up', async () => (await connections()) < 5, { timeoutMs: 120_000, everyMs: 1000 });
    closedAfterS = (Date.now() - began) / 1000;
  }
  for (const socket of sockets) socket.destroy();
  await origin.stop();
  place.remove();
  return { count, perReader, aloneMs: median(alone), besideMs: median(beside), closedAfterS };
}

function frame(first, payload) {
  const head = payload.length < 126 ? Buffer.from([first, 0x80 | payload.length]) : Buffer.from([first, 0xfe, payload.length >> 8, payload.length & 255]);
  return Buffer.concat([head, Buffer.alloc(4), payload]);
}

const announce = (more = {}) => JSON.stringify({ action: 'announce', info_hash: 'h'.repeat(20), peer_id: 'p'.repeat(20), left: 1, numwant: 5, offers: [{ offer_id: 'o'.repeat(20), offer: { type: 'offer', sdp: 'v=0\r\n' } }], skep: { candidates: 5 }, ...more });
const seeds = [
  Buffer.from('GET /a/0.bin HTTP/1.1\r\nHost: x\r\nRange: bytes=0-9,100-199,-5\r\nIf-Range: "x"\r\nAccept-Encoding: br;q=0.5, gzip\r\n\r\n'),
  Buffer.from('HEAD /a/../index.html?x#y HTTP/1.1\r\nHost: x\r\nIf-None-Match: "a", W/"b"\r\nX-Forwarded-For: 1.2.3.4, ::1\r\n\r\n'),
  Buffer.from('POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'),
  Buffer.concat([Buffer.from(upgrade), frame(0x81, Buffer.from(announce())), frame(0x89, Buffer.from('ping')), frame(0x88, Buffer.from([3, 232]))]),
  Buffer.concat([Buffer.from(upgrade), frame(0x81, Buffer.from(announce({ to_peer_id: 'q'.repeat(20), offer_id: 'o'.repeat(20), answer: { type: 'answer', sdp: 'x' } })))]),
  Buffer.concat([Buffer.from(upgrade), frame(0x01, Buffer.from('{"action":"scr')), frame(0x80, Buffer.from('ape"}'))]),
];

/** One of the seeds, changed: bytes flipped, cut, repeated, inserted. The upgrade mostly stays whole. */
function mutant(next) {
  let out = Buffer.from(seeds[Math.floor(next() * seeds.length)]);
  const kept = next() < 0.8 && out.includes('Sec-WebSocket-Key') ? upgrade.length : 0;
  for (let changes = 1 + Math.floor(next() * 6); changes > 0; changes -= 1) {
    const place = kept + Math.floor(next() * (out.length - kept));
    const kind = next();
    if (kind < 0.4) out[place] = Math.floor(next() * 256);
    else if (kind < 0.55) out = Buffer.concat([out.subarray(0, place), bytes(next, Math.floor(next() * 40)), out.subarray(place)]);
    else if (kind < 0.7) out = Buffer.concat([out, out.subarray(place)]);
    else if (kind < 0.85) out = Buffer.concat([out.subarray(0, place), out.subarray(Math.min(out.length, place + 1 + Math.floor(next() * 30)))]);
    else out = out.subarray(0, place + 1);
    if (out.length <= kept) break;
  }
  return out;
}

/** Malformed HTTP, WebSocket frames and JSON over the wire; others notice nothing. */
export async function wireFuzz({ connections, seed }) {
  const place = await makeSite();
  await place.publish();
  const origin = await startOrigin(place.out);
  const next = random(seed);
  const good = await openSocket(origin.port, upgrade);
  await new Promise((resolve) => good.once('data', resolve));
  let goodClosed = false;
  good.on('close', () => (goodClosed = true));
  await ask(origin.url);
  const before = memoryOf(origin.pid);
  const batch = 50;
  for (let done = 0; done < connections; done += batch) {
    await Promise.all(
      Array.from({ length: batch }, async () => {
        const text = mutant(next);
        const cut = Math.floor(next() * text.length);
        const socket = await openSocket(origin.port, text.subarray(0, cut));
        socket.on('error', () => {}).resume();
        const closed = new Promise((resolve) => socket.on('close', resolve));
        socket.end(text.subarray(cut));
        await closed;
      }),
    );
    assert.equal((await ask(origin.url)).status, 200);
  }
  good.write(frame(0x81, Buffer.from(announce())));
  const answered = await new Promise((resolve) => good.once('data', resolve));
  assert.match(answered.toString('latin1'), /failure reason/);
  assert.equal(goodClosed, false);
  await until('nothing is left of them', async () => (await (await fetch(`${origin.url}healthz`)).json()).connections < 5);
  const grown = memoryOf(origin.pid) - before;
  good.destroy();
  await origin.stop();
  place.remove();
  assert.ok(grown < 64 * 1024 * 1024, `memory grew by ${grown}`);
  return { connections, seed, grown };
}
