// The demo site's own numbers: what a second visitor costs the origin.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, runSkep, startOrigin, temporaryFolder } from '../../tools/stage.mjs';
import { assetBytes, storedFiles, untilKept, visit } from './cast.mjs';
import { assetsOf } from './small-site.mjs';

test('the demo: at least 95 % of its bytes come from the first visitor, byte for byte', async (t) => {
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

  const origin = await startOrigin(out, { rate: 20 });
  t.after(origin.stop);
  const first = await visit(origin.url, { name: 'first' });
  t.after(first.close);
  await first.page.evaluate(() => demo.done);
  await untilKept(first, new Set([...assets.values()].filter((a) => a.size > 0).map((a) => a.sha256)).size);

  const from = origin.log().length;
  const second = await visit(origin.url, { name: 'second' });
  t.after(second.close);
  await second.page.evaluate(() => demo.done);
  const sent = assetBytes(origin, from); // demo loads its assets after skep.ready: all of them count
  t.diagnostic(`the origin sent ${sent} of ${bytes} asset bytes (${((100 * sent) / bytes).toFixed(1)} %)`);
  assert.ok(sent <= 0.05 * bytes, `the origin sent ${sent} of ${bytes} bytes`);
  const known = new Set([...assets.values()].map((a) => a.sha256));
  await untilKept(second, new Set([...assets.values()].filter((a) => a.size > 0).map((a) => a.sha256)).size);
  for (const file of await storedFiles(second, { hash: true })) assert.ok(known.has(file.sha256), file.name);
  assert.deepEqual(await second.page.evaluate(() => [...document.images].filter((i) => i.complete && i.naturalWidth === 0).map((i) => i.src)), []);
  assert.deepEqual(second.complaints, []);
});
