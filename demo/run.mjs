// run.mjs: `./dev demo`: the demo site, its origin, a headless visitor that already seeds, and more
// visitors if asked for. Everything ends with Ctrl-C.
import { mkdirSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { megabytes, openVisitor, root, runSkep, startOrigin, until } from '../tools/stage.mjs';

const usage = `usage: ./dev demo [--visitors N] [--port P] [--rate MBIT]
  --visitors N   that many more headless visitors, a few seconds apart, all kept open (default 0)
  --port P       the origin's port (default 8080)
  --rate MBIT    the origin's upload, in Mbit/s; 0: unlimited (default 20, so that peers have something
                 to win: without it everything on one machine arrives before a peer could connect)`;

function readFlags(args) {
  const flags = { visitors: 0, port: 8080, rate: 20 };
  for (let i = 0; i < args.length; i += 2) {
    const name = args[i].replace(/^--/, '');
    if (name === 'help' || args[i] === '-h') {
      console.log(usage);
      process.exit(0);
    }
    const value = Number(args[i + 1]);
    if (!(name in flags) || !Number.isFinite(value) || value < 0) {
      console.error(usage);
      process.exit(2);
    }
    flags[name] = value;
  }
  return flags;
}

const flags = readFlags(process.argv.slice(2));
const say = (text) => console.log(text);
const opened = [];
let origin;
let ending = false;

async function end(code) {
  if (ending) return;
  ending = true;
  say('\nstopping…');
  await Promise.allSettled(opened.map((v) => v.close()));
  await origin?.stop();
  process.exit(code);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
process.on('unhandledRejection', (error) => {
  if (ending) return; // browsers that are being closed
  console.error(`demo: ${error?.message ?? error}`);
  void end(1);
});

async function visit(name) {
  // Ctrl-C reaches the browsers too; they are closed by end(), in order.
  const visitor = await openVisitor({ name, options: { handleSIGINT: false, handleSIGTERM: false, handleSIGHUP: false } });
  opened.push(visitor);
  await visitor.page.goto(origin.url);
  return visitor;
}

const statsOf = async (visitor) => {
  try {
    return await visitor.page.evaluate(() => {
      const s = globalThis.skep?.stats?.();
      const d = globalThis.demo;
      return s && { ...s.bytes, uploaded: s.uploaded, peers: s.peers.length, loaded: d?.loaded ?? 0, total: d?.total ?? 0 };
    });
  } catch {
    return undefined; // the page is navigating or closing
  }
};

async function table() {
  const rows = await Promise.all(opened.map(async (v) => ({ name: v.name, s: await statsOf(v) })));
  const served = origin.log().reduce((sum, line) => sum + (line.bytes_sent ?? 0), 0);
  const cell = (bytes) => megabytes(bytes ?? 0).padStart(10);
  const lines = rows.map(({ name, s }) =>
    s
      ? `  ${name.padEnd(12)}${cell(s.origin)}${cell(s.peer)}${cell(s.store)}${cell(s.uploaded)}${String(s.peers).padStart(7)}   ${s.loaded}/${s.total} assets`
      : `  ${name.padEnd(12)}${'starting'.padStart(10)}`,
  );
  return [
    `  ${'visitor'.padEnd(12)}${'origin'.padStart(10)}${'peers'.padStart(10)}${'own store'.padStart(10)}${'gave'.padStart(10)}${'peers'.padStart(7)}`,
    ...lines,
    `  the origin has sent ${megabytes(served)} in all`,
  ];
}

let drawn = 0;
let last = '';
async function draw() {
  if (ending) return;
  const lines = await table();
  if (ending) return;
  const text = lines.join('\n');
  if (process.stdout.isTTY) {
    if (drawn > 0) process.stdout.write(`\x1b[${drawn}A\x1b[0J`);
    say(text);
    drawn = lines.length;
  } else if (text !== last) {
    say(`${text}\n`);
  }
  last = text;
}

const build = join(root, 'build');
mkdirSync(build, { recursive: true });
const key = join(build, 'demo.key');
if (!existsSync(key)) await runSkep(['key', 'new', '-o', key]);
say(await runSkep(['publish', join(build, 'demo-site'), '-o', join(build, 'demo-publication'), '--key', key]));
origin = await startOrigin(join(build, 'demo-publication'), {
  port: flags.port,
  rate: flags.rate || undefined,
  args: ['--key', key],
}).catch((error) => {
  console.error(`demo: ${error.message}`);
  process.exit(1);
});

say(`The origin is up${flags.rate ? `, slowed down to ${flags.rate} Mbit/s` : ''}. A first visitor is fetching the site…`);
const seeder = await visit('seeder');
await until('the first visitor has every asset', async () => {
  const s = await statsOf(seeder);
  return s && s.total > 0 && s.loaded >= s.total;
}, { timeoutMs: 300_000, everyMs: 500 });

say(`
  Open  ${origin.url}  in a browser on this machine, and watch where its bytes come from.
  (Use localhost: browsers give addresses of the local network no service worker without TLS,
  and without one the page is plain HTTP.)  Ctrl-C ends everything.
`);

const timer = setInterval(() => void draw().catch(() => {}), 1000);
timer.unref?.();
for (let i = 1; i <= flags.visitors && !ending; i += 1) {
  await visit(`visitor ${i}`);
  await new Promise((r) => setTimeout(r, 3000));
}
setInterval(() => {}, 1 << 30); // until Ctrl-C
