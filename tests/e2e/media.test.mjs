// Media play and seek while they download: no whole file is waited for, neither from the origin nor from
// a peer. And a file of 300 MB streams through in bounded memory.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { openVisitor, runSkep, startOrigin, temporaryFolder, until } from '../../tools/stage.mjs';
import { storedFiles, visit } from './cast.mjs';

const page = '<!doctype html><html lang="en"><title>Media</title><link rel="icon" href="data:,"><script type="module" src="skep.js"></script><body></body></html>';

async function published(files) {
  const folder = temporaryFolder('media');
  const source = join(folder.path, 'source');
  const out = join(folder.path, 'out');
  for (const [path, bytes] of Object.entries({ ...files, 'index.html': page, 'skep.toml': '[labels]\nshare = ["assets/**"]\n' })) {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), bytes);
  }
  await runSkep(['key', 'new', '-o', join(folder.path, 'key')]);
  await runSkep(['publish', source, '-o', out, '--key', join(folder.path, 'key')]);
  return { out, remove: folder.remove };
}

/** A minute of noise: 10.6 MB, 176 kB a second. */
function wav(seconds) {
  const rate = 44_100;
  const data = randomBytes(seconds * rate * 4);
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  [16, 0x00020001, rate, rate * 4, 0x00100004].forEach((value, i) => header.writeUInt32LE(value, 16 + 4 * i));
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}

/** In a page: a film of noise (VP8 in WebM, with cues, one cluster a second), base64. */
async function film(seconds) {
  const [width, height, fps] = [320, 240, 10];
  const bytes = (...parts) => new Uint8Array(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...part])));
  const uint = (value, size) => Array.from({ length: size }, (_, i) => Math.floor(value / 256 ** (size - 1 - i)) % 256);
  const element = (id, ...content) => {
    const body = bytes(...content);
    const name = uint(id, id > 0xffffff ? 4 : id > 0xffff ? 3 : id > 0xff ? 2 : 1);
    const out = new Uint8Array(name.length + 8 + body.length);
    out.set(name);
    out.set([1, ...uint(body.length, 7)], name.length);
    out.set(body, name.length + 8);
    return out;
  };
  const text = (value) => new TextEncoder().encode(value);
  const chunks = [];
  const encoder = new VideoEncoder({
    output: (chunk) => {
      const data = new Uint8Array(chunk.byteLength);
      chunk.copyTo(data);
      chunks.push({ key: chunk.type === 'key', ms: Math.round(chunk.timestamp / 1000), data });
    },
    error: (error) => (globalThis.filmFailed = String(error)),
  });
  encoder.configure({ codec: 'vp8', width, height, bitrate: 3_000_000, framerate: fps });
  for (let i = 0; i < seconds * fps; i += 1) {
    const pixels = new Uint8Array((width * height * 3) / 2);
    for (let at = 0; at < pixels.length; at += 65_536) crypto.getRandomValues(pixels.subarray(at, at + 65_536));
    const frame = new VideoFrame(pixels, { format: 'I420', codedWidth: width, codedHeight: height, timestamp: (i * 1e6) / fps });
    encoder.encode(frame, { keyFrame: i % fps === 0 });
    frame.close();
    if (encoder.encodeQueueSize > 5) await new Promise((resolve) => (encoder.ondequeue = resolve));
  }
  await encoder.flush();
  const clusters = [];
  for (const chunk of chunks) {
    if (chunk.key) clusters.push({ ms: chunk.ms, blocks: [] });
    const { ms, blocks } = clusters.at(-1);
    blocks.push(element(0xa3, 0x81, uint(chunk.ms - ms, 2), chunk.key ? 0x80 : 0, chunk.data));
  }
  const made = clusters.map(({ ms, blocks }) => ({ ms, data: element(0x1f43b675, element(0xe7, uint(ms, 4)), ...blocks) }));
  const duration = new Uint8Array(new Float64Array([seconds * 1000]).buffer).reverse();
  const info = element(0x1549a966, element(0x2ad7b1, uint(1_000_000, 4)), element(0x4489, duration), element(0x4d80, text('skep')), element(0x5741, text('skep')));
  const video = element(0xe0, element(0xb0, uint(width, 2)), element(0xba, uint(height, 2)));
  const tracks = element(0x1654ae6b, element(0xae, element(0xd7, 1), element(0x73c5, 1), element(0x83, 1), element(0x86, text('V_VP8')), video));
  const cuesAt = (first) => {
    let at = first;
    const points = made.map(({ ms, data }) => {
      const point = element(0xbb, element(0xb3, uint(ms, 4)), element(0xb7, element(0xf7, 1), element(0xf1, uint(at, 8))));
      at += data.length;
      return point;
    });
    return element(0x1c53bb6b, ...points);
  };
  const cues = cuesAt(info.length + tracks.length + cuesAt(0).length);
  const header = element(0x1a45dfa3, element(0x4286, 1), element(0x42f7, 1), element(0x42f2, 4), element(0x42f3, 8), element(0x4282, text('webm')), element(0x4287, 2), element(0x4285, 2));
  const body = new Blob([header, element(0x18538067, info, tracks, cues, ...made.map(({ data }) => data))]);
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(',')[1]);
    reader.readAsDataURL(body);
  });
}

/** In the page: plays from the start, then from `to`; what had been delivered by then. */
async function playAndSeek([tag, url, to]) {
  const media = Object.assign(document.createElement(tag), { src: url, muted: true });
  document.body.append(media);
  const advances = (from) =>
    new Promise((resolve, reject) => {
      media.onerror = () => reject(new Error(media.error.message));
      const look = () => (media.currentTime > from + 0.3 && !media.seeking ? resolve() : setTimeout(look, 20));
      look();
    });
  const delivered = () => {
    const { origin, peer } = skep.stats().bytes;
    return origin + peer;
  };
  await media.play();
  await advances(0);
  const first = delivered();
  media.currentTime = to;
  await advances(to);
  const out = { first, second: delivered(), duration: media.duration, at: media.currentTime };
  media.remove();
  media.src = '';
  return out;
}

test('audio and video play and seek while they download, from the origin and from a peer', async (t) => {
  const scratch = await published({ 'assets/a.bin': 'anything' });
  t.after(scratch.remove);
  const studio = await startOrigin(scratch.out);
  t.after(studio.stop);
  const maker = await openVisitor({ browser: 'chromium', name: 'studio' });
  t.after(maker.close);
  await maker.page.goto(studio.url);
  const video = Buffer.from(await maker.page.evaluate(film, 30), 'base64');
  const media = { audio: ['assets/song.wav', wav(60), 50], video: ['assets/film.webm', video, 25] };
  const site = await published(Object.fromEntries(Object.values(media).map(([path, bytes]) => [path, bytes])));
  t.after(site.remove);
  // 1 MB a second: the song would take ten seconds, but plays at a sixth of that.
  const origin = await startOrigin(site.out, { rate: 8 });
  t.after(origin.stop);
  const first = await visit(origin.url, { browser: 'chromium', name: 'first' });
  t.after(first.close);
  for (const [tag, [path, bytes, to]] of Object.entries(media)) {
    const { first: before, second, duration, at } = await first.page.evaluate(playAndSeek, [tag, path, to]);
    t.diagnostic(`${tag}: ${bytes.length} bytes, ${duration} s; ${before} delivered when it played, ${second} when it played at ${at}`);
    assert.ok(before < bytes.length / 2, 'it plays before half of it is here');
    const asked = origin.log().filter((line) => line.path === `/${path}`);
    assert.ok(asked.every((line) => line.engine), 'through the engine');
  }
  // All of it, for the next one.
  const hashes = await first.page.evaluate(async (paths) => {
    const hex = (b) => [...new Uint8Array(b)].map((x) => x.toString(16).padStart(2, '0')).join('');
    return Promise.all(paths.map(async (path) => hex(await crypto.subtle.digest('SHA-256', await (await fetch(path)).arrayBuffer()))));
  }, Object.values(media).map(([path]) => path));
  assert.deepEqual(hashes, Object.values(media).map(([, bytes]) => createHash('sha256').update(bytes).digest('hex')));
  await until('both are kept', async () => (await storedFiles(first)).length >= 2);
  // From the store alone, too.
  const again = await first.page.evaluate(playAndSeek, ['video', media.video[0], media.video[2]]);
  assert.ok(again.at > media.video[2]);

  const second = await visit(origin.url, { browser: 'chromium', name: 'second' });
  t.after(second.close);
  await until('they know each other', () => second.page.evaluate(() => skep.stats().peers.length > 0));
  for (const [tag, [path, , to]] of Object.entries(media)) {
    const { at } = await second.page.evaluate(playAndSeek, [tag, path, to]);
    assert.ok(at > to);
  }
  await until('most of it came from the first', () => second.page.evaluate(() => skep.stats().bytes.peer > skep.stats().bytes.origin));
  assert.deepEqual(first.complaints, []);
  assert.deepEqual(second.complaints, []);
});

/** Every process (Linux): its number, its parent's, its command line, its memory in bytes. */
function processes() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
        const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
        const command = readFileSync(`/proc/${name}/cmdline`, 'latin1');
        return [{ pid: Number(name), parent, command, bytes: 4096 * Number(readFileSync(`/proc/${name}/statm`, 'latin1').split(' ')[1]) }];
      } catch {
        return []; // it ended meanwhile
      }
    });
}
/** Memory of a browser's renderers: page, workers and service workers live there. */
function renderersOf(profile) {
  const all = processes();
  const browser = all.find(({ command }) => command.includes(`--user-data-dir=${profile}`) && !command.includes('--type='));
  const family = new Set([browser.pid]);
  for (let before = 0; before < family.size; ) {
    before = family.size;
    for (const { pid, parent } of all) if (family.has(parent)) family.add(pid);
  }
  return all.filter(({ pid, command }) => family.has(pid) && command.includes('--type=renderer')).reduce((sum, { bytes }) => sum + bytes, 0);
}

test('a file of 300 MB streams to the page in bounded memory', async (t) => {
  const size = 300_000_000;
  // What waits to be collected grows to about 250 MB, for 600 MB, too; a buffered file would be on top.
  const limit = 280_000_000;
  const site = await published({ 'assets/pack.bin': randomBytes(size) });
  t.after(site.remove);
  const origin = await startOrigin(site.out);
  t.after(origin.stop);
  const visitor = await visit(origin.url, { browser: 'chromium' });
  t.after(visitor.close);
  const before = renderersOf(visitor.profile);
  assert.ok(before > 0, 'the renderers are found');
  let most = before;
  const watch = setInterval(() => (most = Math.max(most, renderersOf(visitor.profile))), 100);
  const read = await visitor.page.evaluate(async () => {
    const reader = (await fetch('assets/pack.bin')).body.getReader();
    let sum = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return sum;
      sum += value.length;
    }
  });
  clearInterval(watch);
  assert.equal(read, size);
  assert.ok(origin.log().some((line) => line.engine && line.path === '/assets/pack.bin'), 'through the engine');
  t.diagnostic(`renderers: ${(before / 1e6).toFixed(0)} MB before, ${(most / 1e6).toFixed(0)} MB at most`);
  assert.ok(most - before < limit, `the renderers grew by ${most - before} bytes`);
});
