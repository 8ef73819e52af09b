// serve.mjs: `skep serve`, one thread, against nginx with one worker: requests and bytes a second.
// The servers run on one core, wrk on another; the rounds are interleaved.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { runSkep, skepBinary, temporaryFolder, until } from '../tools/stage.mjs';

const run$ = promisify(execFile);
const seconds = 3;
const sizes = { '1k.bin': 1024, '1m.bin': 1_000_000, '100m.bin': 100_000_000 };
const rangeScript = `
local at = 0
request = function()
  local first = (at % 95) * 1000000
  at = at + 1
  return wrk.format("GET", nil, {["Range"] = "bytes=" .. first .. "-" .. (first + 3999999)})
end`;

const cases = {
  '1 KB, keep-alive': { file: '1k.bin', connections: 32, unit: 'requests' },
  '1 MB': { file: '1m.bin', connections: 8, unit: 'bytes' },
  '100 MB, ranges of 4 MB': { file: '100m.bin', connections: 8, unit: 'bytes', script: 'range.lua' },
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
  return { stop: () => (child.kill('SIGTERM'), ended) };
}

async function measure(folder, port, { file, connections, script }) {
  const args = ['-c', '1', 'wrk', '-t1', `-c${connections}`, `-d${seconds}s`];
  if (script) args.push('-s', join(folder, script));
  const { stdout } = await run$('taskset', [...args, `http://127.0.0.1:${port}/${file}`]);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
  const scale = { '': 1, K: 1024, M: 1024 ** 2, G: 1024 ** 3 };
  const [, amount, unit] = stdout.match(/Transfer\/sec:\s+([\d.]+)([KMG]?)B/);
  return { requests: Number(stdout.match(/Requests\/sec:\s+([\d.]+)/)[1]), bytes: Number(amount) * scale[unit] };
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** Runs `rounds` interleaved rounds of the cases whose name contains `only`. */
export async function run({ rounds = 5, only = '' } = {}) {
  const folder = temporaryFolder('bench-serve');
  mkdirSync(join(folder.path, 'site'));
  for (const [name, size] of Object.entries(sizes)) writeFileSync(join(folder.path, 'site', name), randomBytes(size));
  writeFileSync(join(folder.path, 'range.lua'), rangeScript);
  await runSkep(['key', 'new', '-o', join(folder.path, 'key')]);
  await runSkep(['publish', join(folder.path, 'site'), '-o', join(folder.path, 'out'), '--key', join(folder.path, 'key'), '--share', '*.bin', '--no-compress']);
  const [skepPort, nginxPort] = [await freePort(), await freePort()];
  writeFileSync(join(folder.path, 'nginx.conf'), nginxConfiguration(folder.path, nginxPort));
  const servers = [
    start(skepBinary, ['serve', join(folder.path, 'out'), '--port', String(skepPort), '--quiet']),
    start('nginx', ['-p', folder.path, '-c', join(folder.path, 'nginx.conf'), '-g', 'daemon off;']),
  ];
  const figures = [];
  try {
    for (const port of [skepPort, nginxPort])
      await until('the server answers', () => fetch(`http://127.0.0.1:${port}/1k.bin`).then((r) => r.ok, () => false));
    for (const [name, what] of Object.entries(cases).filter(([n]) => n.includes(only))) {
      const rows = { skep: [], nginx: [] };
      for (let round = 1; round <= rounds; round += 1)
        for (const [server, port] of [['skep', skepPort], ['nginx', nginxPort]]) rows[server].push((await measure(folder.path, port, what))[what.unit]);
      const figure = { case: name, unit: what.unit, skep: median(rows.skep), nginx: median(rows.nginx), rounds: rows };
      figure.ratio = figure.skep / figure.nginx;
      figures.push(figure);
      console.error(`${name}: ${figure.ratio.toFixed(2)} × nginx`);
    }
  } finally {
    for (const server of servers) await server.stop();
    folder.remove();
  }
  console.log(`one thread of skep serve, one worker of nginx, each alone on a core; wrk on the other; medians of ${rounds}`);
  console.log('| case | skep serve | nginx | ratio |\n|---|---:|---:|---:|');
  for (const f of figures) {
    const show = (v) => (f.unit === 'requests' ? `${Math.round(v).toLocaleString('en')} requests/s` : `${(v / 1e6).toFixed(0)} MB/s`);
    console.log(`| ${f.case} | ${show(f.skep)} | ${show(f.nginx)} | ${f.ratio.toFixed(2)} |`);
  }
  return figures;
}
