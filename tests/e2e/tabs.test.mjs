// Several tabs of one browser: one leads; when it goes in mid-stream the others never notice.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startOrigin, until } from '../../tools/stage.mjs';
import { assertAllRight, publishedSmallSite, started, storedFiles, visit } from './cast.mjs';

test('a second tab is served through the first, and takes over when it closes', async (t) => {
  const site = await publishedSmallSite({ site: { scale: 2 } });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 20 });
  t.after(origin.stop);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  const tab = await visitor.context.newPage();
  await tab.goto(origin.url);
  assert.equal((await started(tab)).mode, 'on');
  await until('the first tab says that it leads', () => visitor.page.evaluate(() => skep.stats().leader));
  assert.equal(await tab.evaluate(() => skep.stats().leader), false);

  const loading = tab.evaluate(() => loadAll());
  await until('the tab is in mid-load', () => tab.evaluate(() => skep.stats().bytes.origin > 1_000_000), { everyMs: 20 });
  await visitor.page.close(); // the leader dies with streams open
  assertAllRight(await loading, site.assets);
  await until('the tab leads now', () => tab.evaluate(() => skep.stats().leader));
  const known = new Set([...site.assets.values()].map((a) => a.sha256));
  for (const file of await storedFiles({ page: tab }, { hash: true })) assert.ok(known.has(file.sha256), file.name);
  assert.deepEqual(visitor.complaints, []);
});

test('a tab killed in mid-download leaves nothing broken behind', async (t) => {
  const site = await publishedSmallSite({ site: { scale: 2 } });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 20 });
  t.after(origin.stop);
  const visitor = await visit(origin.url);
  const loading = visitor.page.evaluate(() => loadAll()).catch(() => {});
  await until('it is in mid-load', () => visitor.page.evaluate(() => skep.stats().bytes.origin > 1_500_000), { everyMs: 20 });
  visitor.kill();
  await loading;
  const again = await visit(origin.url, { profile: visitor.profile });
  t.after(again.close);
  t.after(visitor.close);
  const known = new Set([...site.assets.values()].map((a) => a.sha256));
  const kept = await storedFiles(again, { hash: true });
  t.diagnostic(`${kept.length} files survived the kill`);
  for (const file of kept) assert.ok(known.has(file.sha256), file.name);
  assertAllRight(await again.page.evaluate(() => loadAll()), site.assets);
});

test('a large file goes on where a navigation cut it off', async (t) => {
  const site = await publishedSmallSite({ site: { scale: 2 } });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 20 });
  t.after(origin.stop);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  const name = 'assets/data/pack-9.bin';
  const { size, sha256 } = site.assets.get(name);
  // Leaves in mid-file: what the engine has by then is in the store.
  const seen = await visitor.page.evaluate(async (url) => {
    const reader = (await fetch(url)).body.getReader();
    let bytes = 0;
    while (bytes < 2e6) bytes += (await reader.read()).value.length;
    return bytes;
  }, name);
  await visitor.page.goto(origin.url);
  await started(visitor.page);
  const asset = await visitor.page.evaluate(async (url) => {
    const told = new Promise((resolve) => skep.addEventListener('asset', ({ detail }) => resolve(detail)));
    const body = await (await fetch(url)).arrayBuffer();
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body));
    return { ...(await told), sha256: [...digest].map((x) => x.toString(16).padStart(2, '0')).join('') };
  }, name);
  t.diagnostic(`${seen} bytes seen before, then ${asset.store} from the store, ${asset.origin} from the origin`);
  assert.equal(asset.sha256, sha256);
  assert.ok(asset.store > 1e6, 'what was there was used');
  assert.equal(asset.store + asset.origin, size);
  assert.deepEqual(visitor.complaints, []);
});
