// The main job: what one visitor has, the next one takes from it, whatever browsers they use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOrigin, until } from '../../tools/stage.mjs';
import { assertAllRight, assetBytes, publishedSmallSite, storedFiles, untilKept, visit } from './cast.mjs';

for (const [from, to] of [
  ['chromium', 'chromium'],
  ['chromium', 'firefox'],
  ['firefox', 'firefox'],
  ['firefox', 'chromium'],
]) {
  test(`from ${from} to ${to}: a second visitor takes the assets from the first, every byte right`, async (t) => {
    const site = await publishedSmallSite();
    t.after(site.remove);
    const origin = await startOrigin(site.out, { rate: 20 });
    t.after(origin.stop);

    const first = await visit(origin.url, { name: 'first', browser: from });
    t.after(first.close);
    assertAllRight(await first.page.evaluate(() => loadAll()), site.assets);
    await untilKept(first, site.stored);

    const second = await visit(origin.url, { name: 'second', browser: to });
    t.after(second.close);
    const logged = origin.log().length;
    assertAllRight(await second.page.evaluate(() => loadAll()), site.assets);
    const sent = assetBytes(origin, logged);
    t.diagnostic(`origin sent ${sent} of ${site.bytes} asset bytes to the second visitor`);
    assert.ok(sent <= 0.05 * site.bytes, `origin sent ${sent} of ${site.bytes} bytes`);

    // stats() tells what was last reported, at most about a second ago.
    await until('the page says so too', () => second.page.evaluate((n) => skep.stats().bytes.peer >= n, 0.95 * site.bytes));
    const known = new Set([...site.assets.values()].map((a) => a.sha256));
    for (const file of await storedFiles(second, { hash: true })) assert.ok(known.has(file.sha256), file.name);
    assert.deepEqual(first.complaints, []);
    assert.deepEqual(second.complaints, []);
  });
}
