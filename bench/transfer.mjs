// transfer.mjs: one 100 MB file from one Chromium to others: a bare data channel, WebTorrent 3, Skep.
// Rounds are interleaved (A B C A B C …) so that a drifting machine is fair to all.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openVisitor, runSkep, startOrigin, temporaryFolder, until } from '../tools/stage.mjs';
import { cpuByKind, cpuByThread } from './processes.mjs';
import { kProfiled, startProfile } from './profile.mjs';

const require = createRequire(import.meta.url);
const size = 100_000_000;
const content = randomBytes(size);
const sha256 = createHash('sha256').update(content).digest('hex');

const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);
const since = (after, before) =>
  Object.fromEntries(Object.entries(after).map(([name, seconds]) => [name, seconds - (before[name] ?? 0)]));

/**
 * Times `run`, which resolves with what arrived at each receiver ({bytes, sha256?}), the CPU that all
 * browsers used, and, when asked to, what their JavaScript and wasm used of it.
 */
async function measure({ sender, receivers, profiled }, run) {
  const visitors = [sender, ...receivers];
  const cpu = () => visitors.map(({ profile }) => ({ kinds: cpuByKind(profile), threads: cpuByThread(profile) }));
  const profiles = profiled ? await Promise.all([sender, receivers[0]].map(({ profile }) => startProfile(profile))) : [];
  const before = cpu();
  const started = performance.now();
  const results = await run();
  const seconds = (performance.now() - started) / 1000;
  const used = cpu().map((after, i) => ({
    kinds: since(after.kinds, before[i].kinds),
    threads: since(after.threads, before[i].threads),
  }));
  const [senderProfile, receiverProfile] = await Promise.all(profiles.map((end) => end()));
  for (const result of results) {
    if (result.bytes !== size) throw new Error(`${result.bytes} bytes arrived`);
    if (result.sha256 && result.sha256 !== sha256) throw new Error('the bytes differ');
  }
  return {
    seconds,
    mbPerS: (results.length * size) / 1e6 / seconds,
    cpuSeconds: sum(used.flatMap(({ kinds }) => Object.values(kinds))),
    cpu: { sender: used[0], receiver: used[1] },
    profile: profiled ? { sender: senderProfile, receiver: receiverProfile } : undefined,
  };
}

/** A page server on localhost: blank page, the content, WebTorrent's own bundle. */
async function pageServer() {
  const bundle = readFileSync(require.resolve('webtorrent/dist/webtorrent.min.js'));
  const server = createServer((request, response) => {
    const body = { '/': '<!doctype html><title>bench</title>', '/content.bin': content, '/webtorrent.min.js': bundle }[request.url];
    response.writeHead(body ? 200 : 404, {
      'Content-Type': request.url.endsWith('.js') ? 'text/javascript' : request.url === '/' ? 'text/html' : 'application/octet-stream',
    });
    response.end(body ?? '');
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://localhost:${server.address().port}/`, close: () => server.close() };
}

/** A sender and so many receivers at that page. */
async function open(url, { receivers: count, profiled }) {
  const flags = profiled ? [kProfiled] : [];
  const sender = await openVisitor({ name: 'sender', flags });
  const receivers = [];
  for (let i = 0; i < count; ++i) receivers.push(await openVisitor({ name: 'receiver', flags }));
  const visitors = [sender, ...receivers];
  await Promise.all(visitors.map(({ page }) => page.goto(url)));
  return { sender, receivers, visitors, profiled, close: () => Promise.all(visitors.map((visitor) => visitor.close())) };
}

async function bareChannel(how) {
  const server = await pageServer();
  const stage = await open(server.url, how);
  const { sender, receivers } = stage;
  const make = (visitor, index, offerer) =>
    visitor.page.evaluate(
      ([name, first]) => {
        const pc = new RTCPeerConnection();
        const channel = new Promise((resolve) => {
          const ready = (c) => {
            c.binaryType = 'arraybuffer';
            if (c.readyState === 'open') resolve(c);
            c.onopen = () => resolve(c);
          };
          if (first) ready(pc.createDataChannel('bench'));
          else pc.ondatachannel = (e) => ready(e.channel);
        });
        (globalThis.links ??= {})[name] = { pc, channel };
      },
      [index, offerer],
    );
  const describe = (visitor, index, remote) =>
    visitor.page.evaluate(
      async ([name, sdp]) => {
        const { pc } = links[name];
        if (sdp) await pc.setRemoteDescription(sdp);
        if (sdp?.type === 'answer') return null;
        await pc.setLocalDescription();
        if (pc.iceGatheringState !== 'complete')
          await new Promise((r) => (pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && r()));
        return pc.localDescription.toJSON();
      },
      [index, remote],
    );
  for (const [i, receiver] of receivers.entries()) {
    await make(sender, i, true);
    await make(receiver, i, false);
    await describe(sender, i, await describe(receiver, i, await describe(sender, i, null)));
  }
  const receive = ([name, total]) =>
    links[name].channel.then(
      (c) =>
        new Promise((resolve) => {
          let bytes = 0;
          c.onmessage = (e) => {
            bytes += e.data.byteLength;
            if (bytes >= total) resolve({ bytes });
          };
        }),
    );
  const send = async ([name, total]) => {
    const c = await links[name].channel;
    const block = crypto.getRandomValues(new Uint8Array(65536));
    c.bufferedAmountLowThreshold = 256 * 1024;
    for (let sent = 0; sent < total; ) {
      while (sent < total && c.bufferedAmount < 1024 * 1024) {
        const n = Math.min(block.length, total - sent);
        c.send(n === block.length ? block : block.subarray(0, n));
        sent += n;
      }
      if (sent < total) await new Promise((r) => (c.onbufferedamountlow = r));
    }
  };
  const result = await measure(stage, async () => {
    const arrived = receivers.map(({ page }, i) => page.evaluate(receive, [i, size]));
    await Promise.all(receivers.map((_, i) => sender.page.evaluate(send, [i, size])));
    return Promise.all(arrived);
  });
  await stage.close();
  server.close();
  return result;
}

async function webTorrent(how) {
  const { default: Server } = await import('bittorrent-tracker/server');
  const tracker = new Server({ udp: false, http: false, ws: true, stats: false });
  await new Promise((resolve) => tracker.listen(0, '127.0.0.1', resolve));
  const announce = [`ws://localhost:${tracker.ws.address?.().port ?? tracker.http?.address().port}`];
  const server = await pageServer();
  const stage = await open(server.url, how);
  const { sender, receivers, visitors } = stage;
  for (const { page } of visitors)
    await page.evaluate(async () => {
      const { default: WebTorrent } = await import('/webtorrent.min.js');
      globalThis.client = new WebTorrent({ dht: false });
    });
  const magnet = await sender.page.evaluate(async (trackers) => {
    const file = new File([await (await fetch('/content.bin')).arrayBuffer()], 'content.bin');
    return new Promise((resolve) => client.seed(file, { announce: trackers }, (torrent) => resolve(torrent.magnetURI)));
  }, announce);
  const download = (uri) =>
    new Promise((resolve) => client.add(uri, (torrent) => torrent.on('done', () => resolve(torrent.length))));
  const result = await measure(stage, () =>
    Promise.all(receivers.map(async ({ page }) => ({ bytes: await page.evaluate(download, magnet) }))),
  );
  await stage.close();
  server.close();
  await new Promise((resolve) => tracker.close(resolve));
  return result;
}

const readInPage = `
globalThis.take = async (url) => {
  const response = await fetch(url);
  const reader = response.body.getReader();
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { bytes };
    bytes += value.byteLength;
  }
};`;

async function skep(how) {
  const folder = temporaryFolder('bench');
  const site = join(folder.path, 'site');
  const out = join(folder.path, 'out');
  mkdirSync(join(site, 'assets'), { recursive: true });
  writeFileSync(join(site, 'assets/content.bin'), content);
  writeFileSync(join(site, 'index.html'), `<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module" src="skep.js"></script><script>${readInPage}</script>`);
  writeFileSync(join(site, 'skep.toml'), '[labels]\nshare = ["assets/**"]\n');
  await runSkep(['key', 'new', '-o', join(folder.path, 'key')]);
  await runSkep(['publish', site, '-o', out, '--key', join(folder.path, 'key')]);
  const origin = await startOrigin(out);
  const stage = await open(origin.url, how);
  const { sender, receivers, visitors } = stage;
  const take = ({ page }) => page.evaluate(() => take('assets/content.bin'));
  for (const { page } of visitors) await page.evaluate(() => skep.ready);
  await take(sender);
  for (const { page } of receivers)
    await until('the receiver knows the sender', () => page.evaluate(() => skep.stats().peers.length > 0));
  const result = await measure(stage, () => Promise.all(receivers.map(take)));
  const stats = await Promise.all(receivers.map(({ page }) => page.evaluate(() => skep.stats())));
  result.fromPeers = sum(stats.map(({ bytes }) => bytes.peer)) / size / receivers.length;
  await stage.close();
  await origin.stop();
  folder.remove();
  return result;
}

const cases = { 'bare data channel': bareChannel, 'WebTorrent 3.0.21': webTorrent, Skep: skep };
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const sides = ['sender', 'receiver'];
const seconds = (value) => value.toFixed(2);

/** `columns` of `read(round, side)` (name → seconds), both sides, medians. */
function printSplit(title, rows, columns, read) {
  console.log(`\n${title}\n| case | ${sides.flatMap((side) => columns.map((c) => `${side}: ${c}`)).join(' | ')} |`);
  console.log(`|---|${'---:|'.repeat(sides.length * columns.length)}`);
  for (const { name, rounds } of rows) {
    const cells = sides.flatMap((side) => columns.map((c) => seconds(median(rounds.map((r) => read(r, side)[c] ?? 0)))));
    console.log(`| ${name} | ${cells.join(' | ')} |`);
  }
}

function printProfile({ sender, receiver }) {
  for (const [side, targets] of Object.entries({ sender, receiver }))
    for (const [target, { kinds, top }] of Object.entries(targets)) {
      const all = Object.entries(kinds).filter(([kind]) => kind !== 'idle');
      console.log(`\n${side}, ${target}: ${all.map(([kind, ms]) => `${kind} ${ms.toFixed(0)} ms`).join(', ')}`);
      for (const [name, ms] of top.filter(([, ms]) => ms >= 8)) console.log(`  ${ms.toFixed(0).padStart(6)}  ${name}`);
    }
}

/**
 * Runs `rounds` interleaved rounds of the cases whose name contains `only`, after `earlier` ones.
 * With `profiled` the profiler of V8 runs, too, and its findings are printed: such times do not count.
 */
export async function transfer({ receivers, rounds = 5, only = '', profiled = false, earlier = [] }) {
  const rows = Object.keys(cases)
    .filter((name) => name.includes(only))
    .map((name) => ({ name, rounds: earlier.find((row) => row.name === name)?.rounds ?? [] }));
  for (let round = 1; round <= rounds; round += 1)
    for (const row of rows) {
      const figure = await cases[row.name]({ receivers, profiled });
      row.rounds.push(figure);
      const peers = figure.fromPeers === undefined ? '' : `  ${(figure.fromPeers * 100).toFixed(0)} % from peers`;
      console.error(`round ${round}  ${row.name.padEnd(20)} ${figure.mbPerS.toFixed(1)} MB/s  ${figure.cpuSeconds.toFixed(1)} CPU-s${peers}`);
      if (figure.profile) printProfile(figure.profile);
    }
  for (const row of rows)
    for (const figure of ['seconds', 'mbPerS', 'cpuSeconds']) row[figure] = median(row.rounds.map((r) => r[figure]));
  console.log(`one file of ${size / 1e6} MB, one Chromium to ${receivers}, medians of ${rows[0]?.rounds.length} interleaved rounds`);
  console.log('| case | seconds | MB/s in all | CPU-s, all browsers |\n|---|---:|---:|---:|');
  for (const r of rows) console.log(`| ${r.name} | ${seconds(r.seconds)} | ${r.mbPerS.toFixed(1)} | ${r.cpuSeconds.toFixed(1)} |`);
  printSplit('CPU-s by process', rows, ['renderer', 'network', 'browser'], (r, side) => r.cpu[side].kinds);
  const threads = ['chromium', 'DedicatedWorker', 'ServiceWorker', 'Chrome_ChildIOT', 'ThreadPoolForeg', 'WebRTC_W_and_N', 'WebRTC_Network', 'WebRTC_Signaling'];
  const seen = threads.filter((name) => rows.some(({ rounds: all }) => all.some((r) => sides.some((s) => r.cpu[s].threads[name] > 0.02))));
  printSplit('CPU-s by thread of the renderer', rows, seen, (r, side) => r.cpu[side].threads);
  return rows;
}
