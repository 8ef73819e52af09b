// serve.mjs: `skep serve`, one thread, against nginx with one worker: requests and bytes a second.
// The servers run on one core, the clients on another; the rounds are interleaved. Each case is
// played twice: by bench/http_load.cpp, whose clients cost less than any of the servers, else they
// would be what is measured; and by wrk, whose clients read 8 KB at a time and parse it, so that they
// are, but which anybody has.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root, runSkep, skepBinary, temporaryFolder, until } from '../tools/stage.mjs';

const run$ = promisify(execFile);
const loadBinary = join(root, 'build/native/http_load');
const seconds = 3;
const sizes = { '1k.bin': 1024, '1m.bin': 1_000_000, '100m.bin': 100_000_000 };
const cases = {
  '1 KB, keep-alive': { file: '1k.bin', connections: 32, unit: 'requests' },
  '1 MB': { file: '1m.bin', connections: 8, unit: 'bytes' },
  '100 MB, ranges of 4 MB': { file: '100m.bin', connections: 8, unit: 'bytes', range: 4_000_000 },
};

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Debian's nginx.conf with one worker; like ours without a log. */
function nginxConfiguration(folder, port) {
  const stock = readFileSync('/etc/nginx/nginx.conf', 'utf8');
  return stock
    .replace(/^user .*;$/m, process.getuid() === 0 ? 'user root;' : '')
    .replace(/^worker_processes .*;$/m, 'worker_processes 1;')
    .replace(/^pid .*;$/m, `pid ${folder}/nginx.pid;`)
    .replace(/^error_log .*;$/m, `error_log ${folder}/error.log;`)
    .replace(/access_log \/var\/log\/nginx\/access.log;/, 'access_log off; keepalive_requests 10000000;')
    .replace(/^include \/etc\/nginx\/modules-enabled.*$/m, '')
    .replace('include /etc/nginx/conf.d/*.conf;', '')
    .replace('include /etc/nginx/sites-enabled/*;', `server { listen 127.0.0.1:${port}; root ${folder}/out; }`);
}

function start(command, args) {
  const child = spawn('taskset', ['-c', '0', command, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  const ended = new Promise((resolve) => child.on('exit', resolve));
  return { pid: child.pid, stop: () => (child.kill('SIGTERM'), ended) };
}

/** CPU seconds so far, of a process and its children (nginx works in one). */
function cpuOf(pid) {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1].split(' ');
  return (Number(stat[11]) + Number(stat[12])) / 100 + children.reduce((sum, child) => sum + cpuOf(child), 0);
}

const clients = {
  async http_load(port, { file, connections, range }) {
    const args = ['--port', port, '--path', `/${file}`, '--connections', connections, '--seconds', seconds];
    if (range) args.push('--range', range, '--size', sizes[file]);
    const { stdout } = await run$('taskset', ['-c', '1', loadBinary, ...args.map(String)]);
    const load = JSON.parse(stdout);
    return { requests: load.requests_per_s * load.seconds, seconds: load.seconds };
  },
  async wrk(port, { file, connections, range }) {
    const args = ['-t', 1, '-c', connections, '-d', `${seconds}s`, `http://127.0.0.1:${port}/${file}`];
    if (range) args.push('-H', `Range: bytes=0-${range - 1}`);
    const { stdout } = await run$('taskset', ['-c', '1', 'wrk', ...args.map(String)]);
    const [, requests, took] = stdout.match(/(\d+) requests in ([\d.]+)s/);
    if (/Non-2xx/.test(stdout)) throw new Error(stdout);
    return { requests: Number(requests), seconds: Number(took) };
  },
};
/** CPU seconds of the programs that this one has waited for. */
const cpuOfClients = () => {
  const stat = readFileSync('/proc/self/stat', 'latin1').split(') ')[1].split(' ');
  return (Number(stat[13]) + Number(stat[14])) / 100;
};

async function measure({ pid, port }, client, what) {
  const before = [cpuOf(pid), cpuOfClients()];
  const load = await clients[client](port, what);
  const perRequest = (value) => (value * 1e6) / load.requests;
  return {
    requests: load.requests / load.seconds,
    bytes: (load.requests * (what.range ?? sizes[what.file])) / load.seconds,
    serverUs: perRequest(cpuOf(pid) - before[0]),
    clientUs: perRequest(cpuOfClients() - before[1]),
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs `rounds` interleaved rounds of the cases whose name contains `only`. */
export async function run({ rounds = 5, only = '' } = {}) {
  await run$('cmake', ['--build', join(root, 'build/native'), '--target', 'http_load']);
  const folder = temporaryFolder('bench-serve');
  mkdirSync(join(folder.path, 'site'));
  for (const [name, size] of Object.entries(sizes)) writeFileSync(join(folder.path, 'site', name), randomBytes(size));
  await runSkep(['key', 'new', '-o', join(folder.path, 'key')]);
  await runSkep(['publish', join(folder.path, 'site'), '-o', join(folder.path, 'out'), '--key', join(folder.path, 'key'), '--share', '*.bin', '--no-compress']);
  const [skepPort, nginxPort] = [await freePort(), await freePort()];
  writeFileSync(join(folder.path, 'nginx.conf'), nginxConfiguration(folder.path, nginxPort));
  const servers = {
    skep: { port: skepPort, ...start(skepBinary, ['serve', join(folder.path, 'out'), '--port', String(skepPort), '--quiet']) },
    nginx: { port: nginxPort, ...start('nginx', ['-p', folder.path, '-c', join(folder.path, 'nginx.conf'), '-g', 'daemon off;']) },
  };
  const figures = [];
  try {
    for (const port of [skepPort, nginxPort])
      await until('the server answers', () => fetch(`http://127.0.0.1:${port}/1k.bin`).then((r) => r.ok, () => false));
    for (const client of Object.keys(clients))
      for (const [what, details] of Object.entries(cases)) {
        const name = `${what}; ${client}`;
        if (!name.includes(only)) continue;
        const rows = { skep: [], nginx: [] };
        for (let round = 1; round <= rounds; round += 1)
          for (const server of ['skep', 'nginx']) rows[server].push(await measure(servers[server], client, details));
        const middle = (server, value) => median(rows[server].map((row) => row[value]));
        const figure = { case: name, unit: details.unit, skep: middle('skep', details.unit), nginx: middle('nginx', details.unit), rounds: rows };
        figure.ratio = figure.skep / figure.nginx;
        figure.us = ['skep', 'nginx'].map((server) => [middle(server, 'serverUs'), middle(server, 'clientUs')]);
        figures.push(figure);
        console.error(`${name}: ${figure.ratio.toFixed(2)} × nginx`);
      }
  } finally {
    for (const server of Object.values(servers)) await server.stop();
    folder.remove();
  }
  console.log(`one thread of skep serve, one worker of nginx, each alone on a core; the clients on the other; medians of ${rounds}`);
  console.log('| case | skep serve | nginx | ratio | CPU for each: skep serve, its clients | nginx, its clients |\n|---|---:|---:|---:|---:|---:|');
  for (const f of figures) {
    const show = (v) => (f.unit === 'requests' ? `${Math.round(v).toLocaleString('en')} requests/s` : `${(v / 1e6).toFixed(0)} MB/s`);
    const cpu = f.us.map(([server, client]) => `${server.toFixed(0)}, ${client.toFixed(0)} µs`);
    console.log(`| ${f.case} | ${show(f.skep)} | ${show(f.nginx)} | ${f.ratio.toFixed(2)} | ${cpu.join(' | ')} |`);
  }
  return figures;
}
