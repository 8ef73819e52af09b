// Nobody is trapped: updates take one reload, uninstalling is one call, a site that leaves Skep is left alone.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startOrigin, until } from '../../tools/stage.mjs';
import { assertAllRight, publishedSmallSite, started, untilKept, visit } from './cast.mjs';
import { controllingVersion, release } from './version-two.mjs';

async function stage(t) {
  const site = await publishedSmallSite();
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 50 });
  t.after(origin.stop);
  return { site, origin };
}

/** A worker that is asked again and again is never idle, and Chromium lets the next one wait until it is. */
const seldom = { everyMs: 2500 };

/** Everything that Skep could have left in this browser. */
const traces = (page) =>
  page.evaluate(async () => {
    const found = [...(await caches.keys()), ...Object.keys(localStorage)];
    for await (const name of (await navigator.storage.getDirectory()).keys()) found.push(name);
    for (const { name } of await indexedDB.databases()) found.push(name);
    for (const { scope } of await navigator.serviceWorker.getRegistrations()) found.push(scope);
    return found;
  });

test('a new version of the runtime takes one reload, and no page reloads itself', async (t) => {
  const { site, origin } = await stage(t);
  release(site.out, 1);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  const { page } = visitor;
  let loads = 0;
  page.on('domcontentloaded', () => (loads += 1));
  for (let version = 2; version <= 5; version += 1) {
    release(site.out, version);
    await page.reload();
    assert.equal((await started(page)).mode, 'on');
    assert.equal(await page.evaluate(() => globalThis.runtimeVersion), version, 'the page runs the new runtime');
    await until('the new service worker controls the page', async () => (await controllingVersion(page)) === version, seldom);
    // Its way to the engine has been built again.
    assertAllRight(await page.evaluate(() => loadAll()), site.assets);
    await until('it is on', () => page.evaluate(() => skep.state.mode === 'on'));
  }
  assert.equal(loads, 4, 'as often as we said, and not once more');
  assert.deepEqual(visitor.complaints, []);
});

test('another tab with the old runtime goes on beside the new one', async (t) => {
  const { site, origin } = await stage(t);
  release(site.out, 1);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  release(site.out, 2);
  const second = await visitor.context.newPage();
  await second.goto(origin.url);
  assert.equal((await started(second)).mode, 'on');
  await until('the new service worker controls both', async () => {
    const both = await Promise.all([visitor.page, second].map(controllingVersion));
    return both.join() === '2,2';
  }, seldom);
  for (const page of [visitor.page, second]) assertAllRight(await page.evaluate(() => loadAll()), site.assets);
  assert.deepEqual(visitor.complaints, []);
});

for (const [how, body] of [
  ['answers 404', null],
  ['answers every address with its start page', '<!doctype html><title>Moved</title><h1>Without Skep</h1>'],
]) {
  test(`the site removes Skep and ${how}: the service worker unregisters itself and leaves nothing`, async (t) => {
    const { site, origin } = await stage(t);
    const visitor = await visit(origin.url);
    t.after(visitor.close);
    const { page } = visitor;
    await page.evaluate(() => loadAll());
    await untilKept(visitor, site.stored);
    for (const path of ['skep.js', 'skep-sw.js', '.well-known/skep'])
      for (const end of ['', '.br', '.gz']) rmSync(join(site.out, path + end), { recursive: true, force: true });
    if (body !== null) {
      // A static host whose files these are: named like pages, so that they are typed like pages.
      await origin.stop();
      const { createServer } = await import('node:http');
      const server = createServer((_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end(body));
      await new Promise((resolve) => server.listen(origin.port, '127.0.0.1', resolve));
      t.after(() => server.close());
      t.after(() => server.closeAllConnections());
    } else writeFileSync(join(site.out, 'index.html'), '<!doctype html><title>Moved</title><link rel="icon" href="data:,"><h1>Without Skep</h1>');
    await page.reload();
    assert.equal(await page.textContent('h1'), 'Without Skep');
    await until('nothing is left', async () => (await traces(page)).length === 0);
    await page.reload();
    assert.equal(await page.textContent('h1'), 'Without Skep');
    assert.equal(await page.evaluate(() => navigator.serviceWorker.controller), null);
  });
}

test('skep.uninstall(): one call, and nothing of Skep is left, in any tab', async (t) => {
  const { site, origin } = await stage(t);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  const second = await visitor.context.newPage();
  await second.goto(origin.url);
  await started(second);
  await visitor.page.evaluate(() => skep.pause());
  await visitor.page.evaluate(() => skep.resume());
  await second.evaluate(() => loadAll());
  await untilKept(visitor, site.stored);
  assert.notDeepEqual(await traces(second), []);
  await second.evaluate(() => skep.uninstall());
  assert.deepEqual(await traces(second), []);
  for (const page of [visitor.page, second]) {
    await until('the tab says so', () => page.evaluate(() => skep.state.reason === 'uninstalled here'));
    assertAllRight(await page.evaluate(() => loadAll()), site.assets);
  }
  assert.deepEqual(await traces(second), []);
  // The next load is a first visit again.
  await visitor.page.close();
  await second.reload();
  assert.equal((await started(second)).mode, 'on');
  assert.deepEqual(visitor.complaints, []);
});

test('?skep=off uninstalls for good; skep.resume() brings it back', async (t) => {
  const { site, origin } = await stage(t);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  const { page } = visitor;
  await page.evaluate(() => loadAll());
  await page.goto(`${origin.url}?skep=off`);
  assert.deepEqual(await started(page), { mode: 'off', reason: 'uninstalled here' });
  for (const url of [origin.url, `${origin.url}other.html`]) {
    await page.goto(url);
    assert.deepEqual(await started(page), { mode: 'off', reason: 'uninstalled here' });
    assertAllRight(await page.evaluate(() => loadAll()), site.assets);
    assert.deepEqual(await traces(page), ['skep %2F'], 'one remembered word');
  }
  await page.evaluate(() => skep.resume());
  await until('it is on', () => page.evaluate(() => skep.state.mode === 'on'));
  assert.deepEqual(visitor.complaints, []);
});
