// multi-page.mjs: what each navigation costs a site of many pages: how long until Skep is ready again,
// until the first peer lets us ask, and how much the origin sends meanwhile. The site is Debian's
// libstdc++ manual; one visitor that has it all seeds, another walks through pages nobody kept.
import { cpSync, existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openVisitor, root, runSkep, startOrigin, temporaryFolder, until } from '../tools/stage.mjs';

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const pages = 20;

export async function run() {
  const manual = join(root, 'build/real-site/usr/share/doc/gcc-12-base/libstdc++/manual');
  if (!existsSync(manual)) throw new Error('run the end-to-end test "real-site" first: it unpacks the manual');
  const folder = temporaryFolder('walk');
  const source = join(folder.path, 'source');
  cpSync(manual, source, { recursive: true });
  writeFileSync(join(source, 'skep.toml'), '[labels]\nshare = ["**"]\n');
  await runSkep(['key', 'new', '-o', join(folder.path, 'key')]);
  await runSkep(['publish', source, '-o', join(folder.path, 'out'), '--key', join(folder.path, 'key'), '--inject']);
  const origin = await startOrigin(join(folder.path, 'out'), { rate: 20 });
  const shared = await openVisitor({ name: 'seeder' });
  await shared.page.goto(origin.url);
  await shared.page.evaluate(() => skep.ready);
  const names = await shared.page.evaluate(async () => {
    const links = [...document.querySelectorAll('a[href$=".html"]')].map((a) => a.getAttribute('href'));
    return [...new Set(links)].filter((href) => !href.includes('/') && !href.includes('#'));
  });
  const walk = names.slice(0, pages);
  const extra = names.slice(pages, 2 * pages);
  await shared.page.evaluate((all) => Promise.all(all.map((n) => fetch(n).then((r) => r.arrayBuffer()))), [...walk, ...extra]);

  const walker = await openVisitor({ name: 'walker' });
  await walker.page.goto(origin.url);
  await walker.page.evaluate(() => skep.ready);
  await until('they know each other', () => walker.page.evaluate(() => skep.stats().peers.length > 0));
  const rows = [];
  for (let i = 0; i < walk.length; i += 1) {
    const from = origin.log().length;
    await walker.page.goto(origin.url + walk[i]);
    const readyMs = await walker.page.evaluate(() => skep.ready.then(() => performance.now()));
    // One file that the walker does not have: from a peer, if one is there already.
    const fetchMs = await walker.page.evaluate(async (name) => {
      const started = performance.now();
      await (await fetch(name)).arrayBuffer();
      return performance.now() - started;
    }, extra[i] ?? 'index.html');
    const peerMs = await walker.page.evaluate(async () => {
      while (skep.stats().peers.length === 0 && performance.now() < 10_000) await new Promise((r) => setTimeout(r, 10));
      return performance.now();
    });
    const lines = origin.log().slice(from);
    rows.push({
      readyMs,
      fetchMs,
      peerMs,
      fromOrigin: lines.some((l) => l.path === `/${extra[i]}`),
      originBytes: lines.reduce((n, l) => n + l.bytes_sent, 0),
    });
  }
  await walker.close();
  await shared.close();
  await origin.stop();
  folder.remove();
  const all = (field) => median(rows.map((r) => r[field]));
  console.log(`${rows.length} navigations through a manual, medians, milliseconds since each navigation began`);
  console.log('| skep.ready | a peer is known to the page | one file after ready (duration) | of these from the origin | origin bytes a navigation |\n|---:|---:|---:|---:|---:|');
  console.log(`| ${all('readyMs').toFixed(0)} | ${all('peerMs').toFixed(0)} | ${all('fetchMs').toFixed(0)} | ${rows.filter((r) => r.fromOrigin).length} of ${rows.length} | ${all('originBytes')} |`);
  return rows;
}
