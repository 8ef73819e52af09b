// Visitors who arrive together divide the origin's bytes between them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOrigin } from '../../tools/stage.mjs';
import { assertAllRight, assetBytes, publishedSmallSite, visit } from './cast.mjs';

test('three visitors arriving together cost the origin at most 1.5 copies', async (t) => {
  const site = await publishedSmallSite({ site: { scale: 2 } });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 20 });
  t.after(origin.stop);
  const visitors = await Promise.all(['a', 'b', 'c'].map((name) => visit(origin.url, { name })));
  for (const visitor of visitors) t.after(visitor.close);
  const from = origin.log().length;
  const results = await Promise.all(visitors.map((v) => v.page.evaluate(() => loadAll())));
  for (const result of results) assertAllRight(result, site.assets);
  const copies = assetBytes(origin, from) / site.bytes;
  t.diagnostic(`the origin sent ${copies.toFixed(2)} copies`);
  assert.ok(copies <= 1.5, `the origin sent ${copies.toFixed(2)} copies`);
  for (const visitor of visitors) assert.deepEqual(visitor.complaints, []);
});
