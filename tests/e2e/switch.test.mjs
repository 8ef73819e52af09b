// The publisher's switch: one signed pointer returns every visitor to plain HTTP, whatever else is broken.
import assert from 'node:assert/strict';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSkep, startOrigin, until } from '../../tools/stage.mjs';
import { assertAllRight, publishedSmallSite, started, storedFiles, untilKept, visit } from './cast.mjs';
import { parts, replace } from './version-two.mjs';

const latest = '.well-known/skep/latest';

async function stage(t) {
  const site = await publishedSmallSite();
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 50 });
  t.after(origin.stop);
  return { site, origin, point: (...args) => runSkep(['pointer', ...args, site.out, '--key', site.key]) };
}

/** Lines of the log once no more come: a response has its line a moment after the page has its end. */
async function still(origin) {
  let seen = -1;
  await until('the log is still', () => seen === (seen = origin.log().length), { everyMs: 300 });
  return seen;
}

/** Loads everything, again: what did the origin see? */
async function reload({ page }, { site, origin }) {
  const from = origin.log().length;
  await page.reload();
  await started(page);
  await until('it knows', () => page.evaluate(() => skep.state.mode === 'on' || !/^starting|^the engine is st/.test(skep.state.reason)));
  const ready = await page.evaluate(() => skep.state);
  const loading = await still(origin); // requests of the page before end here, too
  // What the browser's own cache answers would tell us nothing.
  await page.evaluate(() => {
    const fetchCached = fetch;
    globalThis.fetch = (url, init) => fetchCached(url, { cache: 'no-store', ...init });
  });
  assertAllRight(await page.evaluate(() => loadAll()), site.assets);
  await still(origin);
  const assets = origin.log().slice(loading).filter(({ path }) => path.startsWith('/assets/'));
  return { ready, assets, tracker: origin.log().slice(from).filter(({ status }) => status === 101) };
}

function assertPlainHttp({ ready, assets, tracker }, { site }) {
  assert.equal(ready.mode, 'off');
  assert.match(ready.reason, /switched Skep off/);
  assert.deepEqual(tracker, [], 'nobody asks the tracker');
  assert.deepEqual(assets.filter(({ engine }) => engine), [], 'the engine asks for nothing');
  for (const name of site.assets.keys())
    assert.ok(assets.some(({ path }) => decodeURIComponent(path) === `/${name}`), `${name} comes from the origin`);
}
const registered = ({ page }) => page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length);

test('switched off: plain HTTP at the next load, though engine, runtime and site map are garbage; on again: peers', async (t) => {
  const s = await stage(t);
  const { site, origin, point } = s;
  const seeder = await visit(origin.url, { name: 'seeder' });
  t.after(seeder.close);
  await seeder.page.evaluate(() => loadAll());
  await untilKept(seeder, site.stored);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  await visitor.page.evaluate(() => loadAll());
  await untilKept(visitor, site.stored);

  const backup = join(site.folder, 'backup');
  cpSync(site.out, backup, { recursive: true });
  const printed = await point('off');
  assert.match(printed, /switched off: at their next page load visitors use plain HTTP/);
  for (const part of parts(site.out)) replace(site.out, part, 'garbage (');
  await visitor.page.evaluate(async () => {
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        if (request.url.endsWith('map.json')) await cache.put(request, new Response('{"v":2,"files":"garbage"'));
        else await cache.delete(request);
      }
    }
  });
  assertPlainHttp(await reload(visitor, s), s);
  assert.equal(await registered(visitor), 0, 'the service worker has unregistered itself');
  assertPlainHttp(await reload(visitor, s), s);
  assert.equal(await visitor.page.evaluate(() => navigator.serviceWorker.controller), null);
  assert.equal((await storedFiles(visitor)).length >= site.stored, true, 'what is stored waits');

  await point('on');
  const pointer = readFileSync(join(site.out, latest));
  cpSync(backup, site.out, { recursive: true });
  writeFileSync(join(site.out, latest), pointer);
  for (const { page } of [seeder, visitor]) {
    await page.reload();
    await started(page);
    await until('on again', () => page.evaluate(() => skep.state.mode === 'on'));
  }
  const third = await visit(origin.url, { name: 'third' });
  t.after(third.close);
  assertAllRight(await third.page.evaluate(() => loadAll()), site.assets);
  await until('peers give again', () => third.page.evaluate((n) => skep.stats().bytes.peer > n, site.bytes / 2));
  assert.deepEqual(visitor.complaints, []);
});

test('a page that stays open hears of it from the tab that was loaded', async (t) => {
  const s = await stage(t);
  const visitor = await visit(s.origin.url);
  t.after(visitor.close);
  const second = await visitor.context.newPage();
  await second.goto(s.origin.url);
  assert.equal((await started(second)).mode, 'on');
  await s.point('off');
  await second.reload();
  await until('the first tab is off, too', () => visitor.page.evaluate(() => skep.state.mode === 'off'));
  assert.match(await visitor.page.evaluate(() => skep.state.reason), /switched Skep off/);
  const from = s.origin.log().length;
  assertAllRight(await visitor.page.evaluate(() => loadAll()), s.site.assets);
  const engine = s.origin.log().slice(from).filter(({ path, engine: by }) => by && path.startsWith('/assets/'));
  assert.deepEqual(engine, []);
  assert.deepEqual(visitor.complaints, []);
});

test('--forget deletes what is kept, but not what protects against older pointers', async (t) => {
  const s = await stage(t);
  const { site, origin } = s;
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  await visitor.page.evaluate(() => loadAll());
  await untilKept(visitor, site.stored);
  const on = readFileSync(join(site.out, latest));
  await s.point('off', '--forget');
  assertPlainHttp(await reload(visitor, s), s);
  const left = () =>
    visitor.page.evaluate(async () => {
      const names = [];
      const walk = async (folder) => {
        for await (const [name, handle] of folder.entries()) {
          if (handle.kind === 'directory') await walk(handle);
          else names.push(name);
        }
      };
      await walk(await navigator.storage.getDirectory());
      for (const cache of await caches.keys()) {
        for (const { url } of await (await caches.open(cache)).keys()) names.push(url.split('/').pop());
      }
      return names;
    });
  await until('only trust.json is left', async () => (await left()).join() === 'trust.json');
  // Whoever can make the origin serve an older pointer cannot switch it on with that.
  const off = readFileSync(join(site.out, latest));
  writeFileSync(join(site.out, latest), on);
  const { ready } = await reload(visitor, s);
  assert.equal(ready.mode, 'off');
  assert.match(ready.reason, /rolled back/);
  // Nor can anybody delete by forging the switch.
  await s.point('on');
  await visitor.page.reload();
  assert.equal((await started(visitor.page)).mode, 'on');
  await visitor.page.evaluate(() => loadAll());
  await untilKept(visitor, site.stored);
  const forged = Buffer.from(off);
  forged[forged.indexOf('3:sig64:') + 20] ^= 1;
  writeFileSync(join(site.out, latest), forged);
  assertPlainHttp(await reload(visitor, s), s);
  assert.equal((await storedFiles(visitor)).length, site.stored);
  assert.deepEqual(visitor.complaints, []);
});
