// run.mjs: `./dev bench [name…] [--rounds N]`: runs the benchmarks named (all by default), prints their
// tables and keeps every figure in build/bench/NAME.json. --continue adds rounds to those that are there,
// so that a long benchmark can be run in pieces.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const benchmarks = {
  'one-file': 'one 100 MB file, Chromium to Chromium: bare data channel, WebTorrent 3, Skep',
  'one-to-three': 'the same file to three Chromium visitors at a time',
  'page-load': 'the same page with and without Skep, first and second visits, no peers',
  'multi-page': 'what a navigation costs a site of many pages',
  serve: 'skep serve against nginx: requests and bytes a second',
  tracker: "the tracker against bittorrent-tracker: announces a second, relay times, memory",
  publish: "skep publish's hashing against libtorrent's v2 creator, 2 GB",
  faults: 'kills, full disks, crowds of idle and slow connections, malformed requests',
};
const args = process.argv.slice(2);
const at = args.indexOf('--rounds');
const rounds = at < 0 ? 5 : Number(args.splice(at, 2)[1]);
const onlyAt = args.indexOf('--only');
const only = onlyAt < 0 ? '' : args.splice(onlyAt, 2)[1];
const option = (name) => args.includes(name) && args.splice(args.indexOf(name), 1).length > 0;
const profiled = option('--profile');
const goesOn = option('--continue');
if (args.includes('--help') || args.includes('-h') || !(rounds > 0) || args.some((a) => !(a in benchmarks))) {
  console.error('usage: ./dev bench [name…] [--rounds N] [--only CASE] [--continue] [--profile]');
  for (const [name, what] of Object.entries(benchmarks)) console.error(`  ${name.padEnd(12)} ${what}`);
  process.exit(args.includes('--help') || args.includes('-h') ? 0 : 2);
}
const folder = fileURLToPath(new URL('../build/bench/', import.meta.url));
mkdirSync(folder, { recursive: true });
for (const name of args.length > 0 ? args : Object.keys(benchmarks)) {
  const { run } = await import(`./${name}.mjs`);
  const file = `${folder}${name}.json`;
  const earlier = goesOn && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).figures : undefined;
  const figures = await run({ rounds, only, profiled, earlier });
  writeFileSync(file, `${JSON.stringify({ when: new Date().toISOString(), figures }, null, 2)}\n`);
}
