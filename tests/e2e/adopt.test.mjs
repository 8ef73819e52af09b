// What a page loaded before Skep ran is taken into the store from the HTTP cache: the first visitor
// seeds what it has, the origin sends nothing twice, and nobody's console says anything.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startOrigin, until } from '../../tools/stage.mjs';
import { publishedSmallSite, storedFiles, visit } from './cast.mjs';

const early = ['assets/picture-03.bmp', 'assets/picture-07.bmp', 'assets/data/pack-8.bin', 'assets/data/pack-5.bin'];
/** Loads a page's first assets as pages do: before Skep is there. */
const script = `<script>
for (const url of ${JSON.stringify(early)}) {
  if (url.endsWith('.bmp')) new Image().src = url;
  else fetch(url).then((response) => response.arrayBuffer());
}
</script><script type="module" src="skep.js"></script>`;

const hashes = async (visitor) => (await storedFiles(visitor, { hash: true })).map((file) => file.sha256);

test('what was loaded before Skep ran is seeded without asking the origin again', async (t) => {
  const site = await publishedSmallSite({ site: { script } });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 50 });
  t.after(origin.stop);
  const first = await visit(origin.url, { name: 'first' });
  t.after(first.close);
  const wanted = early.map((path) => site.assets.get(path).sha256);
  await until('all of it is kept', async () => {
    const kept = await hashes(first);
    return wanted.every((hash) => kept.includes(hash));
  });
  const asked = origin.log().filter((line) => line.path.startsWith('/assets/'));
  assert.deepEqual(asked.map((line) => line.path).sort(), early.map((path) => `/${path}`).sort(), 'each was sent once');

  const second = await visit(`${origin.url}other.html`, { name: 'second' });
  t.after(second.close);
  await until('they know each other', () => second.page.evaluate(() => skep.stats().peers.length > 0));
  await second.page.evaluate((url) => fetch(url).then((response) => response.arrayBuffer()), early[2]);
  const size = site.assets.get(early[2]).size;
  await until('it came from the first', () => second.page.evaluate((n) => skep.stats().bytes.peer >= n, size));
  assert.deepEqual(first.complaints, []);
  assert.deepEqual(second.complaints, []);
});

test('what differs from what was signed is not adopted, nor asked for again', async (t) => {
  const site = await publishedSmallSite({ site: { script } });
  t.after(site.remove);
  // The site on the disk is another one than was signed: nothing that was loaded has a signed root.
  for (const path of early) {
    const bytes = readFileSync(join(site.out, path));
    bytes[bytes.length - 1] ^= 1;
    writeFileSync(join(site.out, path), bytes);
  }
  const origin = await startOrigin(site.out, { rate: 50 });
  t.after(origin.stop);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  // Adoption begins 1.5 s after ready; what it may not do can only be waited for.
  await visitor.page.waitForTimeout(3000);
  assert.deepEqual(await hashes(visitor), []);
  assert.equal(origin.log().filter((line) => line.path.startsWith('/assets/')).length, early.length);
  assert.deepEqual(visitor.complaints, []);
});
