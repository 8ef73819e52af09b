// one-file.mjs: one 100 MB file from one Chromium to another: a bare data channel, WebTorrent 3, Skep.
// Rounds are interleaved (A B C A B C …) so that a drifting machine is fair to all.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { openVisitor, runSkep, startOrigin, temporaryFolder, until } from '../tools/stage.mjs';
import { cpuByKind } from './processes.mjs';

const require = createRequire(import.meta.url);
const size = 100_000_000;
const content = randomBytes(size);
const sha256 = createHash('sha256').update(content).digest('hex');

/** Times `run` (which resolves with what arrived: {bytes, sha256?}) and the CPU both browsers used. */
async function measure(sender, receiver, run) {
  const before = [cpuByKind(sender.profile), cpuByKind(receiver.profile)];
  const started = performance.now();
  const result = await run();
  const seconds = (performance.now() - started) / 1000;
  if (result.bytes !== size) throw new Error(`${result.bytes} bytes arrived`);
  if (result.sha256 && result.sha256 !== sha256) throw new Error('the bytes differ');
  const cpu = [cpuByKind(sender.profile), cpuByKind(receiver.profile)].map((after, i) =>
    Object.fromEntries(Object.entries(after).map(([kind, s]) => [kind, s - (before[i][kind] ?? 0)])),
  );
  const sum = (kinds) => Object.values(kinds).reduce((a, b) => a + b, 0);
  return {
    seconds,
    mbPerS: size / 1e6 / seconds,
    cpuSeconds: sum(cpu[0]) + sum(cpu[1]),
    cpuByKind: { sender: cpu[0], receiver: cpu[1] },
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

async function pair(url) {
  const sender = await openVisitor({ name: 'sender' });
  const receiver = await openVisitor({ name: 'receiver' });
  await Promise.all([sender.page.goto(url), receiver.page.goto(url)]);
  return { sender, receiver, close: () => Promise.all([sender.close(), receiver.close()]) };
}

async function bareChannel() {
  const server = await pageServer();
  const { sender, receiver, close } = await pair(server.url);
  const make = (visitor, offerer) =>
    visitor.page.evaluate((first) => {
      globalThis.pc = new RTCPeerConnection();
      globalThis.channel = new Promise((resolve) => {
        const ready = (c) => {
          c.binaryType = 'arraybuffer';
          c.onopen = () => resolve(c);
        };
        if (first) ready(pc.createDataChannel('bench'));
        else pc.ondatachannel = (e) => (e.channel.readyState === 'open' ? ((e.channel.binaryType = 'arraybuffer'), resolve(e.channel)) : ready(e.channel));
      });
    }, offerer);
  const describe = (visitor, remote) =>
    visitor.page.evaluate(async (sdp) => {
      if (sdp) await pc.setRemoteDescription(sdp);
      if (sdp?.type === 'answer') return null;
      await pc.setLocalDescription();
      if (pc.iceGatheringState !== 'complete')
        await new Promise((r) => (pc.onicegatheringstatechange = () => pc.iceGatheringState === 'complete' && r()));
      return pc.localDescription.toJSON();
    }, remote);
  await make(sender, true);
  await make(receiver, false);
  const offer = await describe(sender, null);
  const answer = await describe(receiver, offer);
  await describe(sender, answer);
  const result = await measure(sender, receiver, async () => {
    const received = receiver.page.evaluate(async (total) => {
      const c = await channel;
      return new Promise((resolve) => {
        let bytes = 0;
        c.onmessage = (e) => {
          bytes += e.data.byteLength;
          if (bytes >= total) resolve({ bytes });
        };
      });
    }, size);
    await sender.page.evaluate(async (total) => {
      const c = await channel;
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
    }, size);
    return received;
  });
  await close();
  server.close();
  return result;
}

async function webTorrent() {
  const { default: Server } = await import('bittorrent-tracker/server');
  const tracker = new Server({ udp: false, http: false, ws: true, stats: false });
  await new Promise((resolve) => tracker.listen(0, '127.0.0.1', resolve));
  const announce = [`ws://localhost:${tracker.ws.address?.().port ?? tracker.http?.address().port}`];
  const server = await pageServer();
  const { sender, receiver, close } = await pair(server.url);
  const start = (visitor) =>
    visitor.page.evaluate(async () => {
      const { default: WebTorrent } = await import('/webtorrent.min.js');
      globalThis.client = new WebTorrent({ dht: false });
    });
  await start(sender);
  await start(receiver);
  const magnet = await sender.page.evaluate(async (trackers) => {
    const file = new File([await (await fetch('/content.bin')).arrayBuffer()], 'content.bin');
    return new Promise((resolve) => client.seed(file, { announce: trackers }, (torrent) => resolve(torrent.magnetURI)));
  }, announce);
  const result = await measure(sender, receiver, () =>
    receiver.page.evaluate(
      ([uri]) =>
        new Promise((resolve) => client.add(uri, (torrent) => torrent.on('done', () => resolve({ bytes: torrent.downloaded })))),
      [magnet],
    ).then(() => ({ bytes: size })),
  );
  await close();
  server.close();
  await new Promise((resolve) => tracker.close(resolve));
  return result;
}

const hashInPage = `
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

async function skep() {
  const folder = temporaryFolder('bench');
  const site = join(folder.path, 'site');
  const out = join(folder.path, 'out');
  mkdirSync(join(site, 'assets'), { recursive: true });
  writeFileSync(join(site, 'assets/content.bin'), content);
  writeFileSync(join(site, 'index.html'), `<!doctype html><title>bench</title><link rel="icon" href="data:,"><script type="module" src="skep.js"></script><script>${hashInPage}</script>`);
  writeFileSync(join(site, 'skep.toml'), '[labels]\nshare = ["assets/**"]\n');
  await runSkep(['key', 'new', '-o', join(folder.path, 'key')]);
  await runSkep(['publish', site, '-o', out, '--key', join(folder.path, 'key')]);
  const origin = await startOrigin(out);
  const { sender, receiver, close } = await pair(origin.url);
  for (const visitor of [sender, receiver]) await visitor.page.evaluate(() => skep.ready);
  await sender.page.evaluate(() => take('assets/content.bin'));
  await until('the receiver knows the sender', () => receiver.page.evaluate(() => skep.stats().peers.length > 0));
  const result = await measure(sender, receiver, () => receiver.page.evaluate(() => take('assets/content.bin')));
  const stats = await receiver.page.evaluate(() => skep.stats());
  result.fromPeers = stats.bytes.peer / size;
  await close();
  await origin.stop();
  folder.remove();
  return result;
}

const cases = { 'bare data channel': bareChannel, 'WebTorrent 3.0.21': webTorrent, Skep: skep };
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs `rounds` interleaved rounds of the cases whose name contains `only`. */
export async function run({ rounds = 5, only = '' } = {}) {
  const figures = Object.fromEntries(Object.keys(cases).filter((n) => n.includes(only)).map((n) => [n, []]));
  for (let round = 1; round <= rounds; round += 1)
    for (const name of Object.keys(figures)) {
      const figure = await cases[name]();
      figures[name].push(figure);
      console.error(`round ${round}  ${name.padEnd(20)} ${figure.mbPerS.toFixed(1)} MB/s  ${figure.cpuSeconds.toFixed(1)} CPU-s${figure.fromPeers === undefined ? '' : `  ${(figure.fromPeers * 100).toFixed(0)} % from peers`}`);
    }
  const rows = Object.entries(figures).map(([name, all]) => ({
    case: name,
    seconds: median(all.map((f) => f.seconds)),
    mbPerS: median(all.map((f) => f.mbPerS)),
    cpuSeconds: median(all.map((f) => f.cpuSeconds)),
    rounds: all,
  }));
  console.log(`one file of ${size / 1e6} MB, Chromium to Chromium, medians of ${rounds} interleaved rounds`);
  console.log('| case | seconds | MB/s | CPU-s, both browsers |\n|---|---:|---:|---:|');
  const share = (r, side, kind) => median(r.rounds.map((f) => f.cpuByKind[side][kind] ?? 0)).toFixed(1);
  for (const r of rows) console.log(`| ${r.case} | ${r.seconds.toFixed(2)} | ${r.mbPerS.toFixed(1)} | ${r.cpuSeconds.toFixed(1)} |`);
  console.log('\nCPU-s by process\n| case | sender: renderer | network | browser | receiver: renderer | network | browser |\n|---|---:|---:|---:|---:|---:|---:|');
  for (const r of rows)
    console.log(
      `| ${r.case} | ${['sender', 'receiver'].flatMap((side) => ['renderer', 'network', 'browser'].map((kind) => share(r, side, kind))).join(' | ')} |`,
    );
  return rows;
}
