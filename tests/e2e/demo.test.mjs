// The demo site's own story: what a second visitor costs the origin, while a peer lies, after a seeding
// browser was killed, and when the origin is gone.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, runSkep, startOrigin, temporaryFolder, until } from '../../tools/stage.mjs';
import { assetBytes, infoHashOf, openScripted, storedFiles, untilKept, untilPagesKept, visit } from './cast.mjs';
import { assetsOf } from './small-site.mjs';

test('the demo', async (t) => {
  const source = join(root, 'build/demo-site');
  execFileSync('bash', [join(root, 'demo/setup.sh'), source], { stdio: ['ignore', 'ignore', 'inherit'] });
  const folder = temporaryFolder('demo');
  t.after(folder.remove);
  const out = join(folder.path, 'out');
  await runSkep(['key', 'new', '-o', join(folder.path, 'key')]);
  await runSkep(['publish', source, '-o', out, '--key', join(folder.path, 'key')]);
  const assets = assetsOf(source, 'assets');
  const bytes = [...assets.values()].reduce((sum, a) => sum + a.size, 0);
  assert.ok(bytes >= 40e6 && assets.size >= 200, `${assets.size} assets, ${bytes} bytes`);
  // What a store may hold: the published files, text as the compressed file that travels.
  const known = new Set([...assetsOf(out, 'assets').values()].map((a) => a.sha256));
  const stored = new Set([...assets.values()].filter((a) => a.size > 0).map((a) => a.sha256)).size;

  const origin = await startOrigin(out, { rate: 20 });
  t.after(origin.stop);
  const open = async (name) => {
    const visitor = await visit(origin.url, { name });
    t.after(visitor.close);
    return visitor;
  };
  /** Every asset arrived, every picture is shown, and only the site's own bytes are in the store. */
  const assertShown = async ({ page }) => {
    const { failed, loaded, total } = await page.evaluate(() => demo.done.then(() => ({ ...demo, done: null })));
    assert.deepEqual({ failed, loaded }, { failed: 0, loaded: total });
    const broken = () => [...document.images].filter((i) => i.complete && i.naturalWidth === 0).map((i) => i.src);
    assert.deepEqual(await page.evaluate(broken), []);
    await untilKept({ page }, stored);
    for (const file of await storedFiles({ page }, { hash: true })) assert.ok(known.has(file.sha256), file.name);
  };

  const liar = await openScripted(origin, await infoHashOf(out), 'poison');
  t.after(liar.close);
  const first = await open('first');
  await t.test('altered blocks are never shown, never stored', async () => {
    await assertShown(first);
    assert.ok(await liar.page.evaluate(() => scripted.answered > 0), 'the liar was asked for blocks');
    await until('the liar is cut off', () => liar.page.evaluate(() => scripted.closed > 0));
    assert.deepEqual(first.complaints, []);
    await liar.close();
  });

  let second;
  await t.test('at least 95 % comes from the first visitor, byte for byte', async (t) => {
    const from = origin.log().length;
    second = await open('second');
    await second.page.evaluate(() => demo.done);
    const sent = assetBytes(origin, from); // demo loads its assets after skep.ready: all of them count
    t.diagnostic(`the origin sent ${sent} of ${bytes} asset bytes (${((100 * sent) / bytes).toFixed(1)} %)`);
    assert.ok(sent <= 0.05 * bytes, `the origin sent ${sent} of ${bytes} bytes`);
    await assertShown(second);
    assert.deepEqual(second.complaints, []);
  });

  let third;
  await t.test('the seeding browser is killed in mid-transfer', async (t) => {
    await first.close();
    third = await open('third');
    await until('bytes come from the second', () => third.page.evaluate(() => skep.stats().bytes.peer > 15e6), { everyMs: 20 });
    second.kill();
    await assertShown(third);
    const { origin: fromOrigin, peer } = await third.page.evaluate(() => skep.stats().bytes);
    t.diagnostic(`${peer} bytes from the visitor that was killed, ${fromOrigin} from the origin`);
    assert.ok(fromOrigin > 0, 'the second was killed before it had given everything');
    assert.deepEqual(third.complaints, []);
  });

  await t.test('the origin is stopped: a returning visitor gets the site offline', async () => {
    await untilPagesKept(third, out);
    await third.page.goto('about:blank');
    await origin.stop();
    await third.page.goto(origin.url);
    await assertShown(third);
    assert.equal(await third.page.evaluate(() => demo.sources.store), bytes);
  });
});
