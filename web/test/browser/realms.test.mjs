// The realms among themselves, in real Chromium, with a toy engine: who answers, who takes over, what
// is kept. What peers really say to each other is tested with the real engine (tests/e2e).
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { openVisitor, until } from '../../../tools/stage.mjs';
import { hexOf, noise, ToySite } from './toy-site.mjs';

const runtime = fileURLToPath(new URL('../../../build/web/toy', import.meta.url));
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const shared = { 'assets/empty.bin': Buffer.alloc(0), 'assets/trap.bin': noise(5000, 'trap') };
for (const size of [1, 100, 65536, 65537, 700_000])
  shared[`assets/${size}.bin`] = noise(size, size);
for (let i = 0; i < 12; i += 1) shared[`assets/small ${i}.bin`] = noise(20_000 + i, `small ${i}`);
const whole = Object.keys(shared).filter((path) => !path.includes('trap'));

async function open(t, choice = {}) {
  const site = await new ToySite({ runtime, shared, ...choice }).start();
  t.after(() => site.stop());
  return site;
}
async function visitor(t, url, mode = 'on') {
  const one = await openVisitor();
  t.after(one.close);
  if (url) await go(one.page, url, mode);
  return one;
}
async function go(page, url, mode = 'on') {
  await page.goto(url);
  const started = Date.now();
  const ready = await page.evaluate(() => globalThis.skep.ready);
  assert.ok(Date.now() - started < 2500, 'ready within two seconds');
  assert.equal(ready.mode, mode, JSON.stringify(ready));
  return ready;
}
/** Fetches in the page: status, size, SHA-256. */
const get = (page, path, init = {}) =>
  page.evaluate(
    async ([name, options]) => {
      const response = await fetch(name, options);
      const body = await response.arrayBuffer();
      const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
      const hash = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
      const range = response.headers.get('content-range');
      return { status: response.status, size: body.byteLength, hash, range };
    },
    [path, init],
  );
async function getRight(page, path, content = shared[path]) {
  const { status, hash } = await get(page, path);
  assert.equal(status, 200, path);
  assert.equal(hash, hexOf(content), `${path} differs`);
}
const kept = (page) =>
  page.evaluate(async () => {
    const names = [];
    const walk = async (folder, inside) => {
      for await (const [name, handle] of folder.entries()) {
        if (handle.kind === 'directory') await walk(handle, name);
        else if (inside === 'files') names.push(name);
      }
    };
    await walk(await navigator.storage.getDirectory(), '');
    return names;
  });
const requests = (site, from, path) =>
  site.log
    .slice(from)
    .filter((entry) => entry.path.endsWith(path))
    .map((entry) => entry.by);

test('two visitors: the second takes everything from the first; then both from their stores', async (t) => {
  const site = await open(t);
  const first = await visitor(t, site.url);
  for (const path of whole) await getRight(first.page, path);
  await until('all is kept', async () => (await kept(first.page)).length === whole.length - 1);
  const second = await visitor(t, site.url);
  await until('they are linked', () => second.page.evaluate(() => skep.stats().peers.length === 1));
  let from = site.log.length;
  for (const path of whole) await getRight(second.page, path);
  assert.deepEqual(requests(site, from, '.bin'), []);
  const events = await second.page.evaluate(() => skep.stats().bytes.origin);
  assert.equal(events, 0);
  for (const one of [first, second]) {
    await until('kept', async () => (await kept(one.page)).length === whole.length - 1);
    await go(one.page, site.url);
    from = site.log.length;
    for (const path of whole) await getRight(one.page, path);
    assert.deepEqual(requests(site, from, '.bin'), []);
    assert.deepEqual(one.complaints, []);
  }
});

test('ranges, from the engine and from the store', async (t) => {
  const site = await open(t);
  const { page } = await visitor(t, site.url);
  const content = shared['assets/700000.bin'];
  const asks = [
    ['bytes=1000-200000', 1000, 200_001],
    ['bytes=-10', 699_990, 700_000],
    ['bytes=699990-', 699_990, 700_000],
  ];
  for (const round of ['engine', 'store']) {
    for (const [range, begin, end] of asks) {
      const got = await get(page, 'assets/700000.bin', { headers: { range } });
      assert.equal(got.status, 206, round);
      assert.equal(got.range, `bytes ${begin}-${end - 1}/700000`);
      assert.equal(got.hash, hexOf(content.subarray(begin, end)), `${round} ${range}`);
    }
    await until('kept', async () => (await kept(page)).includes(hexOf(content)));
  }
});

test('a service worker that was stopped finds the engine again', async (t) => {
  const site = await open(t);
  const { page, context } = await visitor(t, site.url);
  const devtools = await context.newCDPSession(page);
  await devtools.send('ServiceWorker.enable');
  for (const path of ['assets/small 1.bin', 'assets/small 2.bin']) {
    await devtools.send('ServiceWorker.stopAllWorkers');
    await sleep(200);
    const from = site.log.length;
    await getRight(page, path);
    assert.deepEqual(requests(site, from, '.bin'), ['engine']);
  }
});

test('the leading tab is closed in mid-stream: the other goes on by HTTP, then leads', async (t) => {
  const big = { 'assets/big.bin': noise(3_000_000, 'big'), ...shared };
  const site = await open(t, { shared: big });
  const one = await visitor(t, site.url);
  const second = await one.context.newPage();
  await go(second, site.url);
  assert.equal(await second.evaluate(() => skep.stats().leader), false);
  site.rate = 2_000_000;
  const reading = getRight(second, 'assets/big.bin', big['assets/big.bin']);
  await until('in mid-stream', () =>
    site.log.some(({ path, sent }) => path.endsWith('big.bin') && sent > 500_000),
  );
  await one.page.close();
  await reading;
  const [engine, resumed] = site.log.filter(({ path }) => path.endsWith('big.bin'));
  assert.equal(engine.by, 'engine');
  assert.equal(resumed.by, 'page');
  assert.match(resumed.range, /^bytes=[1-9]\d+-2999999$/);
  await until('it leads', () => second.evaluate(() => skep.stats().leader));
  await until('on again', () => second.evaluate(() => skep.state.mode === 'on'));
  site.rate = 0;
  const from = site.log.length;
  await until('through the engine', async () => {
    const left = whole.find((path) => !requests(site, from, path).length && path.includes('small'));
    await getRight(second, left);
    return requests(site, from, '.bin').includes('engine');
  });
  assert.deepEqual(one.complaints, []);
});

test('an engine that breaks turns Skep off for this page, and nothing else breaks', async (t) => {
  const site = await open(t);
  const { page, complaints } = await visitor(t, site.url);
  await getRight(page, 'assets/trap.bin');
  await until('off', () => page.evaluate(() => skep.state.mode === 'off'));
  const from = site.log.length;
  await getRight(page, 'assets/small 3.bin');
  assert.deepEqual(requests(site, from, '.bin'), ['page']);
  assert.deepEqual(complaints, []);
});

async function withSiteWorker(t, script) {
  const site = await open(t);
  site.put('before.html', '<title>Before</title><link rel="icon" href="data:,">', 'text/html');
  site.put('site-sw.js', script, 'text/javascript');
  const one = await visitor(t);
  await one.page.goto(`${site.url}before.html`);
  await one.page.evaluate(async () => {
    await navigator.serviceWorker.register('site-sw.js');
    await navigator.serviceWorker.ready;
  });
  return { site, ...one };
}

test("a site's own service worker is never replaced", async (t) => {
  const { site, page, complaints } = await withSiteWorker(t, "addEventListener('fetch', () => {})");
  await go(page, site.url, 'off');
  await getRight(page, 'assets/small 1.bin');
  const scripts = await page.evaluate(async () =>
    (await navigator.serviceWorker.getRegistrations()).map(({ active }) => active.scriptURL),
  );
  assert.deepEqual(scripts, [`${site.url}site-sw.js`]);
  assert.deepEqual(complaints, []);
});

test("a site's own service worker imports ours with one line, and keeps what is its own", async (t) => {
  const own = `addEventListener('activate', (event) => event.waitUntil(clients.claim()));
    importScripts('skep-sw.js');
    addEventListener('fetch', (event) => {
      if (event.request.url.endsWith('/greeting')) event.respondWith(new Response('hello'));
    });`;
  const { site, page, complaints } = await withSiteWorker(t, own);
  await go(page, site.url);
  const from = site.log.length;
  await until('through the engine', async () => {
    await getRight(page, 'assets/small 1.bin');
    return requests(site, from, '.bin').includes('engine');
  });
  assert.equal(
    await page.evaluate(() => fetch('greeting').then((response) => response.text())),
    'hello',
  );
  assert.deepEqual(complaints, []);
});

test('two sites in sub-paths of one origin do not meet', async (t) => {
  const site = await open(t, { folder: 'one/' });
  const twin = {
    'assets/other.bin': noise(30_000, 'other'),
    'assets/small 1.bin': noise(40_000, 'not the same'),
  };
  const other = new ToySite({ runtime, shared: twin, folder: 'two/', site });
  const one = await visitor(t, site.url);
  const second = await one.context.newPage();
  await go(second, other.url);
  assert.ok(await one.page.evaluate(() => fetch('skep.js').then(() => skep.state.mode === 'on')));
  await getRight(one.page, 'assets/small 1.bin');
  await getRight(second, 'assets/small 1.bin', twin['assets/small 1.bin']);
  await getRight(second, 'assets/other.bin', twin['assets/other.bin']);
  assert.deepEqual(new Set(requests(site, 0, '.bin')), new Set(['engine']));
  assert.deepEqual(one.complaints, []);
});

test('a new version: what is new is fetched, what is not stays kept', async (t) => {
  const site = await open(t);
  const { page } = await visitor(t, site.url);
  await getRight(page, 'assets/small 1.bin');
  await getRight(page, 'assets/small 2.bin');
  await until('kept', async () => (await kept(page)).length === 2);
  const { 'assets/small 1.bin': gone, ...others } = shared;
  const next = { ...others, 'assets/new.bin': noise(20_001, 'new') };
  site.publish(next, 2);
  await go(page, site.url);
  const from = site.log.length;
  await getRight(page, 'assets/new.bin', next['assets/new.bin']);
  await getRight(page, 'assets/small 2.bin');
  assert.deepEqual(requests(site, from, '.bin'), ['engine']);
  await until('the old is forgotten', async () => !(await kept(page)).includes(hexOf(gone)));
});

test('pointers that must not be believed: plain HTTP', async (t) => {
  const site = await open(t);
  const { page, complaints } = await visitor(t, site.url);
  const { hash } = site;
  const stranger = new ToySite({ runtime, shared, folder: 'elsewhere/', site });
  const cases = {
    'rolled back': () => site.point(hash, 3),
    expired: () => site.point(hash, 9, -5),
    malformed: () => site.put('.well-known/skep/latest', 'not a pointer'),
    'other key': () => {
      stranger.folder = '';
      stranger.point(hash, 9);
    },
  };
  site.point(hash, 5);
  await go(page, site.url);
  for (const [i, [reason, arrange]] of Object.entries(cases).entries()) {
    arrange();
    const ready = await go(page, site.url, 'off');
    assert.ok(ready.reason.includes(reason), ready.reason);
    const from = site.log.length;
    await getRight(page, `assets/small ${i}.bin`); // one that the HTTP cache does not have
    assert.deepEqual(requests(site, from, '.bin'), ['page'], reason);
  }
  site.point(hash, 6);
  await go(page, site.url);
  assert.deepEqual(complaints, []);
});

test('the origin is gone: a visited site opens, with everything it kept', async (t) => {
  const site = await open(t);
  const { page, complaints } = await visitor(t, site.url);
  for (const path of whole) await getRight(page, path);
  await until('pages are kept', () =>
    page.evaluate(async () => {
      const { pages } = await (await fetch('.well-known/skep/offline.json')).json();
      const name = (await caches.keys()).find((one) => one.endsWith(' pages'));
      return name && (await (await caches.open(name)).keys()).length >= pages.length;
    }),
  );
  await until('files are kept', async () => (await kept(page)).length === whole.length - 1);
  await page.goto('about:blank');
  await site.stop();
  await page.goto(site.url);
  assert.equal(await page.textContent('h1'), 'Toy site');
  for (const path of whole) await getRight(page, path);
  assert.equal((await page.evaluate(() => skep.ready)).mode, 'off');
  assert.deepEqual(
    complaints.filter((text) => !text.includes('ERR_CONNECTION_REFUSED')),
    [],
  );
});

test('a killed tab leaves no broken file behind', async (t) => {
  const big = { 'assets/big.bin': noise(3_000_000, 'big') };
  const site = await open(t, { shared: big });
  const one = await visitor(t, site.url);
  site.rate = 2_000_000;
  void get(one.page, 'assets/big.bin').catch(() => {});
  await until('in mid-file', () =>
    site.log.some(({ path, sent }) => path.endsWith('big.bin') && sent > 500_000),
  );
  one.kill();
  site.rate = 0;
  const again = await openVisitor({ profile: one.profile });
  t.after(again.close);
  await go(again.page, site.url);
  assert.deepEqual(await kept(again.page), []);
  await getRight(again.page, 'assets/big.bin', big['assets/big.bin']);
});
