// What a browser may lack: one story in which everyone takes the site from the visitor before, who
// lacks something else. So each proves that it receives in its way, and that it serves.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openVisitor, startOrigin, until } from '../../tools/stage.mjs';
import { assertAllRight, assetBytes, publishedSmallSite, started, storedFiles, untilKept } from './cast.mjs';

/** As in a browser that cannot transfer data channels. */
function keepChannels() {
  const { postMessage } = Worker.prototype;
  Worker.prototype.postMessage = function (message, transfer) {
    if (Array.isArray(transfer) && transfer.some((object) => object instanceof RTCDataChannel))
      throw new DOMException('a data channel cannot be transferred', 'DataCloneError');
    return postMessage.call(this, message, transfer);
  };
}

const rows = [
  { what: 'no OPFS', cached: true, choice: { browser: 'chromium', flags: ['--disable-blink-features=FileSystemAccessOriginPrivate'] } },
  { what: 'channels stay in the page', prepare: keepChannels, choice: { browser: 'chromium' } },
  { what: 'no OPFS', cached: true, choice: { browser: 'firefox', options: { 'dom.fs.enabled': false } } },
  { what: 'channels stay in the page', prepare: keepChannels, choice: { browser: 'firefox' } },
  { what: 'a private window', choice: { browser: 'chromium', privately: true } },
  { what: 'a private window', choice: { browser: 'firefox', privately: true } },
];

test('what a browser may lack', async (t) => {
  // Who is late has its time: on a busy machine, too, this is about ways, not about deadlines.
  const script = '<script type="module" src="skep.js" data-deadline="60000" data-peer-grace="20000"></script>';
  const site = await publishedSmallSite({ site: { script } });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 50 });
  t.after(origin.stop);
  const known = new Set([...site.assets.values()].map((a) => a.sha256));
  let before = null;
  for (const { what, cached, prepare, choice } of rows) {
    await t.test(`${what} (${choice.browser})`, async (t) => {
      const visitor = await openVisitor({ name: 'lacking', ...choice });
      let next = false;
      t.after(() => next || visitor.close());
      if (prepare) await visitor.context.addInitScript(prepare);
      await visitor.page.goto(origin.url);
      const ready = await started(visitor.page);
      assert.equal(ready.mode, 'on', JSON.stringify(ready));
      const from = origin.log().length;
      assertAllRight(await visitor.page.evaluate(() => loadAll()), site.assets);
      const bytes = await visitor.page.evaluate(() => skep.stats().bytes);
      // A response is logged when it has left, which the page may know before.
      await until('the origin logged what the page got', () => assetBytes(origin, from) >= bytes.origin);
      const sent = assetBytes(origin, from);
      t.diagnostic(`the origin sent ${sent} of ${site.bytes} bytes; ${JSON.stringify(bytes)}`);
      if (before) assert.ok(sent <= 0.05 * site.bytes, `the origin sent ${sent} of ${site.bytes} bytes`);
      await untilKept(visitor, site.stored);
      for (const file of await storedFiles(visitor, { hash: true })) assert.ok(known.has(file.sha256), file.name);
      const opfs = await visitor.page.evaluate(async () => {
        try {
          return Boolean(await navigator.storage.getDirectory());
        } catch {
          return false;
        }
      });
      t.diagnostic(`OPFS: ${opfs}`);
      if (cached) assert.equal(opfs, false);

      // The next load takes it all from the store.
      await visitor.page.goto(origin.url);
      await started(visitor.page);
      assertAllRight(await visitor.page.evaluate(() => loadAll()), site.assets);
      await until('all came from the store', () => visitor.page.evaluate((n) => skep.stats().bytes.store >= n, site.bytes));
      assert.equal(assetBytes(origin, from), sent, 'the origin is not asked again');
      assert.deepEqual(visitor.complaints, []);
      await before?.close();
      before = visitor;
      next = true;
    });
  }
  await before?.close();
});
