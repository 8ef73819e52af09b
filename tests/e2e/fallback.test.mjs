// HTTP is the floor: whatever of Skep is missing or breaks, the page gets its bytes.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openVisitor, startOrigin, until } from '../../tools/stage.mjs';
import { assertAllRight, publishedSmallSite, untilKept, untilPagesKept, visit } from './cast.mjs';

async function stage(t, options) {
  const site = await publishedSmallSite(options);
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: options?.rate ?? 20 });
  t.after(origin.stop);
  return { site, origin };
}

async function worksAsPlainHttp(t, { site, origin }, choice, prepare) {
  const visitor = await openVisitor(choice);
  t.after(visitor.close);
  if (prepare) await visitor.context.addInitScript(prepare);
  const started = Date.now();
  await visitor.page.goto(origin.url);
  const ready = await visitor.page.evaluate(() => skep.ready);
  t.diagnostic(`ready after ${Date.now() - started} ms: ${JSON.stringify(ready)}`);
  assertAllRight(await visitor.page.evaluate(() => loadAll()), site.assets);
  return { visitor, ready };
}

test('with service workers disabled', async (t) => {
  const s = await stage(t);
  const { visitor, ready } = await worksAsPlainHttp(t, s, { serviceWorkers: false });
  assert.equal(ready.mode, 'off');
  assert.deepEqual(visitor.complaints, []);
});

test('without a service worker API at all', async (t) => {
  const s = await stage(t);
  const { visitor, ready } = await worksAsPlainHttp(t, s, {}, () => {
    Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined });
  });
  assert.equal(ready.mode, 'off');
  assert.deepEqual(visitor.complaints, []);
});

test('with WebRTC disabled', async (t) => {
  const s = await stage(t);
  const { visitor } = await worksAsPlainHttp(t, s, {}, () => {
    delete globalThis.RTCPeerConnection;
    delete globalThis.webkitRTCPeerConnection;
  });
  assert.deepEqual(visitor.complaints, []);
});

test('with the tracker down', async (t) => {
  const s = await stage(t, { args: ['--tracker', 'ws://127.0.0.1:9/none'] });
  const { visitor } = await worksAsPlainHttp(t, s, {});
  // The browser itself reports a WebSocket that cannot connect; nothing else may complain.
  assert.deepEqual(visitor.complaints.filter((c) => !/WebSocket|ws:/.test(c)), []);
});

test('with an expired or missing pointer', async (t) => {
  const { rmSync } = await import('node:fs');
  const s = await stage(t);
  rmSync(`${s.site.out}/.well-known/skep/latest`);
  const { ready } = await worksAsPlainHttp(t, s, {});
  assert.equal(ready.mode, 'off');
});

test('the seeding browser is killed in mid-transfer', async (t) => {
  const { site, origin } = await stage(t, { site: { scale: 4 } });
  const seeder = await visit(origin.url, { name: 'seeder' });
  t.after(seeder.close);
  await seeder.page.evaluate(() => loadAll());
  await untilKept(seeder, site.stored);
  const visitor = await visit(origin.url, { name: 'visitor' });
  t.after(visitor.close);
  const loading = visitor.page.evaluate(() => loadAll());
  await until('some bytes came from the seeder', () => visitor.page.evaluate(() => skep.stats().bytes.peer > 500_000), { everyMs: 20 });
  seeder.kill();
  assertAllRight(await loading, site.assets);
  const stats = await visitor.page.evaluate(() => skep.stats());
  t.diagnostic(JSON.stringify(stats.bytes));
  assert.ok(stats.bytes.origin > 0, 'the seeder died before it had given everything');
  assert.deepEqual(visitor.complaints, []);
});

test('the origin is stopped: a returning visitor gets the site offline', async (t) => {
  const { site, origin } = await stage(t);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  await visitor.page.evaluate(() => loadAll());
  await untilKept(visitor, site.stored);
  await untilPagesKept(visitor, site.out);
  await visitor.page.goto('about:blank');
  await origin.stop();
  await visitor.page.goto(origin.url);
  assert.equal(await visitor.page.textContent('h1'), 'Small site');
  assertAllRight(await visitor.page.evaluate(() => loadAll()), site.assets);
});
