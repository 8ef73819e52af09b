// Looks at the assembled demo site with a stand-in runtime: serves it on a free loopback port and
// takes screenshots in headless Chromium.
//
//   node demo/look.mjs [SITE_DIR] [PICTURES_DIR]       default: build/demo-site build/demo-look
//   ONLY=phone node demo/look.mjs                       only the views whose names begin so
//
// playwright-core comes from web/node_modules, or from the package.json named by SKEP_NODE_MODULES.

import { createServer } from 'node:http';
import { createReadStream, mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { extname, join, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const site = resolve(process.argv[2] ?? join(here, '../build/demo-site'));
const pictures = resolve(process.argv[3] ?? join(here, '../build/demo-look'));
const require = createRequire(process.env.SKEP_NODE_MODULES
  ?? new URL('../web/package.json', import.meta.url));
const { chromium } = require('playwright-core');

const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript',
  '.json': 'application/json', '.svg': 'image/svg+xml', '.png': 'image/png', '.jpg': 'image/jpeg',
  '.ogg': 'audio/ogg', '.txt': 'text/plain' };
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];
const DESKTOP = { width: 1360, height: 900 };
const PHONE = { width: 390, height: 844 };
const VIEWS = [
  // name, story of the stand-in, window, colours, moments in ms (null: when everything is loaded)
  ['desktop-dark', 'peers', DESKTOP, 'dark', [1000, 4000, null]],
  ['desktop-light', 'peers', DESKTOP, 'light', [4000, null]],
  ['phone-dark', 'peers', PHONE, 'dark', [1000, 4000, null]],
  ['phone-light', 'peers', PHONE, 'light', [null]],
  ['first', 'first', DESKTOP, 'dark', [4000, null]],
  ['return', 'return', DESKTOP, 'dark', [null]],
  ['off', 'off', DESKTOP, 'light', [4000, null]],
  ['absent', 'absent', DESKTOP, 'dark', [null]],
];

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://x');
  let file = join(site, decodeURIComponent(pathname === '/' ? '/index.html' : pathname));
  const absent = new URL(request.headers.referer ?? 'http://x').searchParams.get('mock') === 'absent';
  if (pathname === '/skep.js' && !absent) file = join(here, 'mock/skep.js');
  let size;
  try {
    if (!file.startsWith(site + sep) && !file.startsWith(here)) throw new Error('outside');
    size = statSync(file).size;
  } catch {
    response.writeHead(404).end();
    return;
  }
  const type = TYPES[extname(file)] ?? 'application/octet-stream';
  response.writeHead(200, { 'content-type': type, 'content-length': size });
  createReadStream(file).pipe(response);
});
await new Promise((done) => { server.listen(0, '127.0.0.1', done); });
mkdirSync(pictures, { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
let wrong = 0;

const wanted = VIEWS.filter(([name]) => name.startsWith(process.env.ONLY ?? ''));
for (const [name, story, viewport, colorScheme, moments] of wanted) {
  const deviceScaleFactor = viewport === PHONE ? 2 : 1;
  const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor });
  page.on('pageerror', (error) => {
    wrong += 1;
    console.log(`${name}: ${error.message}`);
  });
  page.on('console', (message) => {
    if (message.type() !== 'error' || story === 'absent') return;
    wrong += 1;
    console.log(`${name}: ${message.text()}`);
  });
  await page.addInitScript(() => {
    globalThis.shift = 0;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) globalThis.shift += entry.value;
    }).observe({ type: 'layout-shift', buffered: true });
  });
  const began = Date.now();
  await page.goto(`http://127.0.0.1:${server.address().port}/?mock=${story}`);
  for (const moment of moments) {
    if (moment === null) await page.evaluate(() => window.demo.done);
    else await page.waitForTimeout(Math.max(0, moment - (Date.now() - began)));
    await page.screenshot({ path: join(pictures, `${name}-${moment ?? 'done'}.png`) });
  }
  const seen = await page.evaluate(() => ({ total: demo.total, loaded: demo.loaded, failed: demo.failed,
    bytes: demo.bytes, sources: demo.sources, mode: demo.mode, shift: globalThis.shift.toFixed(4),
    wide: document.documentElement.scrollWidth > innerWidth,
    broken: [...document.images].filter((i) => !i.complete || !i.naturalWidth).length,
    headline: document.getElementById('headline').textContent }));
  console.log(name, `${((Date.now() - began) / 1000).toFixed(1)} s`, JSON.stringify(seen));
  const whole = seen.loaded === seen.total && !seen.failed && !seen.broken && !seen.wide
    && seen.shift < 0.02;
  if (!whole) { wrong += 1; console.log(`${name}: something is missing, broken, too wide or moving`); }
  if (story === 'peers') {
    for (let y = 0; y < 14; y += 1) { // as a reader scrolls: pictures decode when they come into view
      await page.mouse.wheel(0, viewport.height);
      await page.waitForTimeout(120);
      if (y === 1) await page.screenshot({ path: join(pictures, `${name}-scrolled.png`) });
    }
    await page.screenshot({ path: join(pictures, `${name}-end.png`) });
    await page.evaluate(() => scrollTo(0, 0));
    await page.locator('.tile.hero').nth(9).click();
    await page.waitForTimeout(300);
    await page.screenshot({ path: join(pictures, `${name}-viewer.png`) });
    await page.keyboard.press('Escape');
    await page.click('#play');
    for (const card of [0, 5]) await page.locator('.card').nth(card).click();
    await page.waitForTimeout(200);
    await page.screenshot({ path: join(pictures, `${name}-game.png`) });
  }
  await page.close();
}
await browser.close();
server.close();
console.log(`pictures in ${pictures}${wrong ? `, ${wrong} things wrong` : ''}`);
process.exit(wrong ? 1 : 0);
