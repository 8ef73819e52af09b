// What may happen to a browser while Skep runs in it. Every row ends well: the page has the right bytes,
// nobody complains, and when it is over sharing works again.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openVisitor, startOrigin, until } from '../../tools/stage.mjs';
import { assertAllRight, publishedSmallSite, started, storedFiles, untilKept, visit } from './cast.mjs';

/** The engine's worker gets clocks that a message on the channel `clocks` moves. */
function movableClocks() {
  globalThis.Worker = class extends Worker {
    constructor(url, options) {
      const code = `{
        const { now } = performance, today = Date.now;
        let moved = { monotonicMs: 0, wallMs: 0 };
        performance.now = () => now.call(performance) + moved.monotonicMs;
        Date.now = () => today() + moved.wallMs;
        new BroadcastChannel('clocks').onmessage = ({ data }) => (moved = data);
      }
      importScripts(${JSON.stringify(new URL(url, location.href).href)});`;
      super(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })), options);
    }
  };
}
const moveClocks = (page, moved) => page.evaluate((data) => new BroadcastChannel('clocks').postMessage(data), moved);
const hourMs = 3_600_000;

test('what may happen to a browser', async (t) => {
  const site = await publishedSmallSite({ site: { scale: 2 } });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 20 });
  t.after(origin.stop);
  const known = new Set([...site.assets.values()].map((a) => a.sha256));
  const seeder = await visit(origin.url, { name: 'seeder' });
  t.after(seeder.close);
  await seeder.page.evaluate(() => loadAll());
  await untilKept(seeder, site.stored);

  const devtools = ({ context, page }) => context.newCDPSession(page);
  const open = async (t, { prepare, ...choice } = {}) => {
    const visitor = await openVisitor(choice);
    t.after(visitor.close);
    if (prepare) await visitor.context.addInitScript(prepare);
    return visitor;
  };
  const arrive = async ({ page }) => {
    await page.goto(origin.url);
    const ready = await started(page);
    assert.equal(ready.mode, 'on', JSON.stringify(ready));
  };
  const load = async ({ page }) => assertAllRight(await page.evaluate(() => loadAll()), site.assets);
  /** Everything is kept, and nothing else: this visitor can serve it. */
  const assertKept = async (visitor) => {
    await untilKept(visitor, site.stored);
    for (const file of await storedFiles(visitor, { hash: true })) assert.ok(known.has(file.sha256), file.name);
  };
  const linked = ({ page }) => until('it has peers', () => page.evaluate(() => skep.stats().peers.length > 0));

  await t.test('the disk is full', async (t) => {
    const visitor = await open(t);
    const cdp = await devtools(visitor);
    const where = { origin: new URL(origin.url).origin };
    await cdp.send('Storage.overrideQuotaForOrigin', { ...where, quotaSize: 2e6 });
    await arrive(visitor);
    await load(visitor);
    assert.ok((await storedFiles(visitor)).length < site.stored, 'the quota was not felt');
    await cdp.send('Storage.overrideQuotaForOrigin', where);
    await arrive(visitor);
    await load(visitor);
    await assertKept(visitor);
    assert.deepEqual(visitor.complaints, []);
  });

  await t.test('the service worker is stopped at random moments', async (t) => {
    const visitor = await open(t);
    await arrive(visitor);
    const cdp = await devtools(visitor);
    await cdp.send('ServiceWorker.enable');
    let over = false;
    let stops = 0;
    // What is answered as a stream (large files) breaks off, as when a connection is cut: asked again.
    const loading = visitor.page
      .evaluate(async () => {
        const names = await (await fetch('list.json')).json();
        const broken = [];
        globalThis.answered = 0;
        for (const name of names) {
          const response = await fetch(name);
          await response.arrayBuffer().catch(() => broken.push(Number(response.headers.get('content-length'))));
          globalThis.answered += 1;
        }
        return broken;
      })
      .finally(() => (over = true));
    // Chromium asks again once for each request: the next stop is for another one.
    const answered = () => visitor.page.evaluate(() => globalThis.answered ?? 0);
    for (let before = 0; !over; stops += 1) {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 600));
      await until('another request was answered', async () => over || (await answered()) > before, { everyMs: 20 });
      before = await answered();
      await cdp.send('ServiceWorker.stopAllWorkers');
    }
    assert.ok(stops > 2, `stopped ${stops} times only`);
    const broken = await loading;
    t.diagnostic(`stopped ${stops} times; broken off: ${broken.join(', ') || 'nothing'}`);
    assert.ok(broken.every((size) => size > 256 * 1024), `small files broke off: ${broken}`);
    await load(visitor);
    await assertKept(visitor);
    await linked(visitor);
  });

  for (const browser of ['chromium', 'firefox']) {
    await t.test(`the computer sleeps for an hour in mid-transfer (${browser})`, async (t) => {
      const visitor = await open(t, { browser, prepare: movableClocks });
      await arrive(visitor);
      await visitor.page.evaluate(() => {
        globalThis.fromPeers = 0;
        skep.addEventListener('asset', ({ detail }) => (globalThis.fromPeers += detail.peer));
      });
      await linked(seeder);
      const loading = load(visitor);
      await until('bytes come from the seeder', () => visitor.page.evaluate(() => globalThis.fromPeers > 200_000), { everyMs: 20 });
      visitor.signal('SIGSTOP');
      await until('the seeder has given up', () => seeder.page.evaluate(() => skep.stats().peers.length === 0));
      visitor.signal('SIGCONT');
      await moveClocks(visitor.page, { monotonicMs: hourMs, wallMs: hourMs });
      await loading;
      // What was under way may have come by plain HTTP; asked for again, it is kept.
      await linked(visitor);
      await load(visitor);
      await assertKept(visitor);
      assert.deepEqual(visitor.complaints, []);
    });

    await t.test(`the clock jumps beyond the expiry of the pointer, and back (${browser})`, async (t) => {
      const visitor = await open(t, { browser, prepare: movableClocks });
      await arrive(visitor);
      const set = async (wallMs, mode) => {
        await moveClocks(visitor.page, { monotonicMs: 0, wallMs });
        await visitor.page.evaluate(() => dispatchEvent(new Event('online'))); // it looks at the pointer again
        await until(`Skep is ${mode}`, () => visitor.page.evaluate((m) => skep.state.mode === m, mode));
      };
      await set(90 * 24 * hourMs, 'off');
      await load(visitor);
      await set(-90 * 24 * hourMs, 'on');
      await set(0, 'on');
      await load(visitor);
      await assertKept(visitor);
      await linked(visitor);
      assert.deepEqual(visitor.complaints, []);
    });
  }

  await t.test('the browser takes back the storage in mid-use', async (t) => {
    const visitor = await open(t);
    t.after(visitor.close);
    await arrive(visitor);
    await load(visitor);
    await assertKept(visitor);
    await seeder.close();
    const cdp = await devtools(visitor);
    await cdp.send('Storage.clearDataForOrigin', { origin: new URL(origin.url).origin, storageTypes: 'file_systems' });
    assert.equal((await storedFiles(visitor)).length, 0);
    // One who relies on it, and itself.
    const next = await open(t, { name: 'next' });
    await arrive(next);
    await load(next);
    await load(visitor);
    assert.deepEqual(visitor.complaints, []);
    assert.deepEqual(next.complaints, []);
    // Chromium (156) forgets who had evicted files open only when it ends.
    await visitor.context.close();
    const again = await open(t, { profile: visitor.profile });
    await arrive(again);
    await load(again);
    await assertKept(again);
    await linked(again);
  });
});
