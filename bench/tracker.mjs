// tracker.mjs: the tracker of `skep serve` against npm's bittorrent-tracker server, one core each;
// the clients (bench/tracker_load.cpp) run on the other. Closed loop for rates; half of that rate,
// open loop, for the time a targeted offer takes; and what 10,000 connected peers weigh.
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root, runSkep, skepBinary, temporaryFolder } from '../tools/stage.mjs';

const run$ = promisify(execFile);
const loadBinary = join(root, 'build/native/tracker_load');
const swarms = 10;
const seconds = 4;

/** Ten tiny publications of one key: their pointers, and the hashes that a tracker then serves. */
async function publications(folder) {
  const key = join(folder, 'key');
  await runSkep(['key', 'new', '-o', key]);
  const out = [];
  for (let i = 0; i < swarms; i += 1) {
    const site = join(folder, `site${i}`);
    mkdirSync(site);
    writeFileSync(join(site, 'a.txt'), `swarm ${i}`);
    await runSkep(['publish', site, '-o', `${site}-out`, '--key', key, '--share', '*.txt']);
    const pointer = readFileSync(join(`${site}-out`, '.well-known/skep/latest'));
    const shown = JSON.parse(await runSkep(['show', `${site}-out`, '--json']));
    out.push({ pointer: pointer.toString('base64'), hash: shown.pointer.info_hashes[0] });
  }
  const { public: publicKey } = JSON.parse(await runSkep(['key', 'show', '--json', key]));
  return { publicKey, swarms: out };
}

function started(child, pattern) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.on('data', (d) => {
      text += d;
      const match = text.match(pattern);
      if (match) resolve(match[1]);
    });
    child.on('exit', (code) => reject(new Error(`ended with ${code}: ${text}`)));
  });
}

async function startSkep({ publicKey, swarms: all }) {
  const child = spawn('taskset', ['-c', '0', skepBinary, 'serve', '--port', '0', '--allow-key', publicKey, '--tracker-quota', '100000', '--max-connections', '12000'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = Number(await started(child, /localhost:(\d+)/));
  // The pointers say which swarms there are.
  const WebSocket = createRequire(join(root, 'web/package.json'))('ws');
  const socket = new WebSocket(`ws://127.0.0.1:${port}/.well-known/skep/tracker`);
  await new Promise((resolve) => socket.on('open', resolve));
  for (const [i, { pointer, hash }] of all.entries()) {
    const replied = new Promise((resolve) => socket.once('message', (m) => resolve(JSON.parse(m))));
    socket.send(JSON.stringify({ action: 'announce', info_hash: Buffer.from(hash.slice(0, 40), 'hex').toString('latin1'), peer_id: `-BN0001-00000000000${i}`, event: 'stopped', left: 1, skep: { pointer } }));
    const reply = await replied;
    if (reply['failure reason']) throw new Error(reply['failure reason']);
  }
  socket.close();
  return { port, pid: child.pid, path: '/.well-known/skep/tracker', stop: () => stopped(child) };
}

async function startStock() {
  const code = `
    import Server from 'bittorrent-tracker/server';
    const server = new Server({ udp: false, http: false, ws: true, stats: false });
    server.on('error', (e) => { console.error(e); process.exit(1); });
    server.on('warning', () => {});
    server.listen(0, '127.0.0.1', () => console.log('port ' + (server.ws.address?.() ?? server.http.address()).port));`;
  const child = spawn('taskset', ['-c', '0', process.execPath, '--input-type=module', '-e', code], {
    cwd: join(root, 'bench'),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return { port: Number(await started(child, /port (\d+)/)), pid: child.pid, path: '/', stop: () => stopped(child) };
}

function stopped(child) {
  const ended = new Promise((resolve) => child.on('exit', resolve));
  child.kill('SIGKILL');
  return ended;
}

const flags = (server, hashes, more) => ['-c', '1', loadBinary, '--port', String(server.port), '--path', server.path, '--hashes', hashes, ...more.map(String)];
const load = async (server, hashes, more) => JSON.parse((await run$('taskset', flags(server, hashes, more))).stdout);
/** CPU seconds so far. */
const cpuOf = (pid) => {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return (Number(stat[11]) + Number(stat[12])) / 100;
};
const memoryOf = (pid) => Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) * 1024;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function compare(name, all, hashes, more, rounds) {
  const rows = { skep: [], stock: [] };
  for (let round = 1; round <= rounds; round += 1)
    for (const [kind, start] of [['skep', startSkep], ['stock', startStock]]) {
      const server = await start(all);
      const before = cpuOf(server.pid);
      const result = await load(server, hashes, ['--connections', 500, '--seconds', seconds, ...more]);
      result.cpuPerAnnounceUs = ((cpuOf(server.pid) - before) * 1e6) / (result.replies_per_s * result.seconds);
      rows[kind].push(result);
      await server.stop();
    }
  const rate = (list) => median(list.map((r) => r.replies_per_s));
  const figure = { case: name, skep: rate(rows.skep), stock: rate(rows.stock), rounds: rows };
  figure.ratio = figure.skep / figure.stock;
  const cpu = (list) => median(list.map((r) => r.cpuPerAnnounceUs));
  figure.cpuRatio = cpu(rows.stock) / cpu(rows.skep);
  console.error(`${name}: ${figure.skep}/s, ${figure.ratio.toFixed(1)} × bittorrent-tracker; CPU for each ${cpu(rows.skep).toFixed(0)} µs against ${cpu(rows.stock).toFixed(0)} µs`);
  return figure;
}

async function relayTimes(all, hashes, announceRate, rounds) {
  const runs = [];
  for (let round = 1; round <= rounds; round += 1) {
    const server = await startSkep(all);
    runs.push(await load(server, hashes, ['--connections', 500, '--offers', 5, '--rate', announceRate, '--probes', 200, '--seconds', seconds]));
    await server.stop();
  }
  return { case: 'relay of a targeted offer at half load', rate: announceRate, p50: median(runs.map((r) => r.probe_p50_ms)), p99: median(runs.map((r) => r.probe_p99_ms)), rounds: runs };
}

async function weigh(start, all, hashes, connections) {
  const server = await start(all);
  const before = memoryOf(server.pid);
  const child = spawn('taskset', flags(server, hashes, ['--connections', connections, '--offers', 0, '--hold']), { stdio: ['ignore', 'pipe', 'inherit'] });
  await started(child, /(ready)/);
  const after = memoryOf(server.pid);
  await stopped(child);
  await server.stop();
  return { before, after, perPeer: (after - before) / connections };
}

export async function run({ rounds = 5, only = '' } = {}) {
  await run$('cmake', ['--build', join(root, 'build/native'), '--target', 'tracker_load']);
  const folder = temporaryFolder('bench-tracker');
  const all = await publications(folder.path);
  const hashes = all.swarms.map((s) => s.hash.slice(0, 40)).join(',');
  const figures = [];
  if ('offers'.includes(only)) {
    figures.push(await compare('announces with five offers and answers', all, hashes, ['--offers', 5], rounds));
    figures.push(await relayTimes(all, hashes, Math.round(figures[0].skep / 2), rounds));
  }
  if ('plain'.includes(only)) figures.push(await compare('announces without offers', all, hashes, ['--offers', 0], rounds));
  if ('memory'.includes(only)) {
    const skep = await weigh(startSkep, all, hashes, 10_000);
    figures.push({ case: '10,000 connected peers', ...skep });
  }
  folder.remove();
  console.log(`tracker on one core, clients on the other, 500 connections, ${swarms} swarms; medians of ${rounds}`);
  console.log('| what | skep serve | bittorrent-tracker | ratio |\n|---|---:|---:|---:|');
  for (const f of figures) {
    if (f.ratio) console.log(`| ${f.case} | ${f.skep.toLocaleString('en')}/s | ${f.stock.toLocaleString('en')}/s | ${f.ratio.toFixed(1)} |`);
    else if (f.p99) console.log(`| ${f.case} (${f.rate.toLocaleString('en')} announces/s) | p50 ${f.p50.toFixed(1)} ms, p99 ${f.p99.toFixed(1)} ms | | |`);
    else console.log(`| ${f.case} | ${(f.after / 1e6).toFixed(0)} MB RSS, ${Math.round(f.perPeer)} B each | | |`);
  }
  return figures;
}
