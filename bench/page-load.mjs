// page-load.mjs: does Skep delay a page? The same page with and without its tag, no peers, interleaved:
// first visits and second visits, on loopback as it is and on a link of 20 Mbit/s and 40 ms. Each first
// visit in a fresh profile on disk, as visitors have one (contexts that are not keep their storage in memory).
import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { chromiumPath, root, runSkep, startOrigin, temporaryFolder } from '../tools/stage.mjs';
import { shapedLink } from './shaped-link.mjs';

const { chromium } = createRequire(join(root, 'web/package.json'))('playwright-core');
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const links = { unshaped: null, '20 Mbit/s, 40 ms': { rateMbit: 20, rttMs: 40 } };
const kChromium = { executablePath: chromiumPath(), headless: true, args: ['--no-sandbox', '--disable-gpu'] };
const kRounds = 15;
/** Longer than Skep waits before it keeps what a page has loaded. */
const kSettleMs = 4000;
const kAgainMs = 300;

function bitmap(side) {
  const row = Math.ceil((side * 3) / 4) * 4;
  const header = Buffer.alloc(54);
  header.write('BM');
  [54 + row * side, 0, 54, 40, side, side].forEach((value, i) => header.writeUInt32LE(value, 2 + 4 * i));
  header.writeUInt32LE(0x00180001, 26);
  return Buffer.concat([header, randomBytes(row * side)]);
}

async function publish(folder) {
  const put = (path, bytes) => {
    mkdirSync(dirname(join(folder, 'source', path)), { recursive: true });
    writeFileSync(join(folder, 'source', path), bytes);
  };
  const pictures = Array.from({ length: 24 }, (_, i) => `assets/${i}.bmp`);
  for (const path of pictures) put(path, bitmap(200));
  const text = (n) => `/* ${randomBytes(n / 4).toString('hex')} */\n`;
  for (let i = 0; i < 3; i += 1) put(`assets/${i}.js`, `globalThis.n${i} = 1;${text(60_000)}`);
  put('assets/style.css', `img { width: 80px; height: 80px; }\n${text(20_000)}`);
  const page = (tag) => `<!doctype html><html lang="en"><meta charset="utf-8"><title>Page</title><link rel="icon" href="data:,">
<link rel="stylesheet" href="assets/style.css">${tag}
<script>globalThis.tasks = []; globalThis.shifts = 0;
new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration))).observe({ type: 'longtask', buffered: true });
new PerformanceObserver((list) => (shifts += list.getEntries().length)).observe({ type: 'layout-shift', buffered: true });</script>
<script defer src="assets/0.js"></script><script defer src="assets/1.js"></script><script defer src="assets/2.js"></script>
${pictures.map((path) => `<img src="${path}" alt="">`).join('')}</html>`;
  put('skep/index.html', page('<script type="module" src="../skep.js"></script>').replaceAll('assets/', '../assets/'));
  put('plain/index.html', page('').replaceAll('assets/', '../assets/'));
  put('skep.toml', '[labels]\nshare = ["assets/**"]\n');
  await runSkep(['key', 'new', '-o', join(folder, 'key')]);
  await runSkep(['publish', join(folder, 'source'), '-o', join(folder, 'out'), '--key', join(folder, 'key')]);
  return join(folder, 'out');
}

/** Navigates there in a new tab; milliseconds until the end of `load`, and long tasks. */
async function load(context, url, settleMs) {
  const page = await context.newPage();
  await page.goto(url);
  await page.waitForFunction(() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0);
  await page.waitForTimeout(settleMs);
  const seen = await page.evaluate(() => ({
    ms: performance.getEntriesByType('navigation')[0].loadEventEnd,
    tasks: globalThis.tasks,
    shifts: globalThis.shifts,
    controlled: navigator.serviceWorker.controller !== null,
  }));
  await page.close();
  return seen;
}

export async function run({ only }) {
  const folder = temporaryFolder('page-load');
  const origin = await startOrigin(await publish(folder.path));
  const figures = {};
  console.log(`page load, medians of ${kRounds}, milliseconds; no peers\n| link | visit | plain HTTP | with Skep | ratio | tasks over 50 ms: plain, Skep | layout shifts |\n|---|---|---:|---:|---:|---:|---:|`);
  for (const [name, shape] of Object.entries(links)) {
    if (only && !name.includes(only)) continue;
    const link = shape && (await shapedLink(origin.port, shape));
    const base = `http://localhost:${link?.port ?? origin.port}/`;
    const rows = [];
    for (let round = 0; round < kRounds; round += 1) {
      const row = {};
      for (const kind of round % 2 ? ['plain', 'skep'] : ['skep', 'plain']) {
        const profile = temporaryFolder('page-load-profile');
        const context = await chromium.launchPersistentContext(profile.path, kChromium);
        const url = `${base}${kind}/`;
        row[kind] = [await load(context, url, kSettleMs), await load(context, url, kAgainMs)];
        await context.close();
        profile.remove();
      }
      rows.push(row);
    }
    link?.stop();
    figures[name] = rows;
    for (const visit of [0, 1]) {
      const of = (kind) => median(rows.map((row) => row[kind][visit].ms));
      const long = (kind) => rows.flatMap((row) => row[kind][visit].tasks).length;
      const shifts = rows.reduce((sum, row) => sum + row.skep[visit].shifts, 0);
      console.log(`| ${name} | ${visit + 1} | ${of('plain').toFixed(0)} | ${of('skep').toFixed(0)} | ${(of('skep') / of('plain')).toFixed(2)} | ${long('plain')}, ${long('skep')} | ${shifts} |`);
    }
  }
  await origin.stop();
  folder.remove();
  return figures;
}
