// Hybrids: stock WebTorrent takes a publication from a Skep visitor, and a Skep visitor from stock
// WebTorrent, while the origin sends none of it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSkep, startOrigin } from '../../tools/stage.mjs';
import { assertAllRight, assetBytes, infoHashOf, publishedSmallSite, untilKept, visit } from './cast.mjs';
import { openStockPage } from './stock.mjs';

async function stage(t, publish = {}) {
  const site = await publishedSmallSite({ args: ['--hybrid'], ...publish });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 40 });
  t.after(origin.stop);
  const file = join(site.out, '.well-known/skep', `${await infoHashOf(site.out)}.torrent`);
  const shown = JSON.parse(await runSkep(['show', '--json', file]));
  const stock = await openStockPage();
  t.after(stock.close);
  return {
    site,
    origin,
    stock,
    magnet: shown.magnet,
    torrent: readFileSync(file).toString('base64'),
    tracker: `${origin.url.replace('http', 'ws')}.well-known/skep/tracker`,
  };
}

function assertStockHasAll(sums, site) {
  for (const [name, asset] of site.assets) assert.equal(sums[name], asset.sha256, name);
}

test('stock WebTorrent takes a hybrid from a Skep visitor, knowing nothing but a magnet link', async (t) => {
  const { site, origin, stock, magnet, tracker } = await stage(t);
  const visitor = await visit(origin.url, { name: 'skep' });
  t.after(visitor.close);
  assertAllRight(await visitor.page.evaluate(() => loadAll()), site.assets);
  await untilKept(visitor, site.stored);

  const from = origin.log().length;
  await stock.page.evaluate(([link, url]) => take(link, [url]), [magnet, tracker]);
  assertStockHasAll(await stock.page.evaluate(() => sums()), site);
  assert.equal(assetBytes(origin, from), 0, 'the origin sent none of it');
  assert.deepEqual(visitor.complaints, []);
});

test('a Skep visitor takes a hybrid from stock WebTorrent, which had it from the web seed', async (t) => {
  const { site, origin, stock, torrent, tracker } = await stage(t);
  await stock.page.evaluate(([bytes, url, seed]) => take(bytes, [url], [seed]), [torrent, tracker, origin.url]);
  assertStockHasAll(await stock.page.evaluate(() => sums()), site);

  const from = origin.log().length;
  const visitor = await visit(origin.url, { name: 'skep' });
  t.after(visitor.close);
  assertAllRight(await visitor.page.evaluate(() => loadAll()), site.assets);
  const sent = assetBytes(origin, from);
  t.diagnostic(`origin sent ${sent} of ${site.bytes} asset bytes`);
  assert.ok(sent <= 0.1 * site.bytes, `origin sent ${sent} of ${site.bytes} bytes`);
  assert.deepEqual(visitor.complaints, []);
});
