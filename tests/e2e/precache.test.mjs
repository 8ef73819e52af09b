// What the publisher or the page wants in advance comes while nothing else goes on, from peers first; and
// pictures in view come before those that are not.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSkep, startOrigin, until } from '../../tools/stage.mjs';
import { publishedSmallSite, storedFiles, visit } from './cast.mjs';

const wanted = ['assets/data/pack-8.bin', 'assets/data/pack-9.bin'];
const tagged = 'assets/picture-11.bmp';
const hashes = async (visitor) => (await storedFiles(visitor, { hash: true })).map((file) => file.sha256).sort();

test('precache: what is named, nothing else; the second visitor takes it from the first', async (t) => {
  const script = `<script type="module" src="skep.js" data-precache="${tagged} /elsewhere.bin no-such.bin"></script>`;
  const site = await publishedSmallSite({ site: { script } });
  t.after(site.remove);
  const toml = '[labels]\nshare = ["assets/**"]\n[precache]\nfiles = ["assets/data/pack-[89].bin"]\n';
  writeFileSync(join(site.source, 'skep.toml'), toml);
  await runSkep(['publish', site.source, '-o', site.out, '--key', site.key]);
  const origin = await startOrigin(site.out, { rate: 50 });
  t.after(origin.stop);
  const expected = [...wanted, tagged].map((path) => site.assets.get(path).sha256).sort();
  const first = await visit(origin.url, { name: 'first' });
  t.after(first.close);
  await until('it is there', async () => (await hashes(first)).length >= expected.length);
  assert.deepEqual(await hashes(first), expected);

  const from = origin.log().length;
  const second = await visit(origin.url, { name: 'second' });
  t.after(second.close);
  await until('it is there, too', async () => (await hashes(second)).length >= expected.length);
  assert.deepEqual(await hashes(second), expected);
  assert.deepEqual(origin.log().slice(from).filter((line) => line.path.startsWith('/assets/')), [], 'none of it from the origin');
  assert.deepEqual(first.complaints, []);
});

test('pictures in view come first', async (t) => {
  const site = await publishedSmallSite({ site: { scale: 2 } });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 8 });
  t.after(origin.stop);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  const order = await visitor.page.evaluate(async () => {
    const names = Array.from({ length: 20 }, (_, i) => `assets/picture-${String(i).padStart(2, '0')}.bmp`);
    const loaded = [];
    const place = document.getElementById('pictures');
    const all = names.map((name, i) => {
      const image = Object.assign(document.createElement('img'), { width: 50, height: 50, src: name });
      // What the visitor looks at was asked for last, and is largest.
      image.style.cssText = i >= 16 ? 'position: fixed; top: 0' : 'position: absolute; top: 20000px';
      place.append(image);
      return new Promise((resolve) => {
        image.onload = image.onerror = () => resolve(loaded.push({ name, inView: i >= 16 }));
      });
    });
    await Promise.all(all);
    return loaded;
  });
  const lastInView = order.findLastIndex(({ inView }) => inView);
  t.diagnostic(`in view: loaded as number ${order.map(({ inView }, i) => (inView ? i + 1 : 0)).filter(Boolean)} of ${order.length}`);
  // Small ones are there before anybody can look; larger ones that were asked for earlier have to wait.
  assert.ok(lastInView < order.length - 3, JSON.stringify(order));
});
