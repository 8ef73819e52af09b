// A bug report is one recorded trace: a session in Chromium, run again natively, output by output.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSkep, startOrigin, until } from '../../tools/stage.mjs';
import { assertAllRight, publishedSmallSite, untilKept, visit } from './cast.mjs';

/** What `skep.trace()` gave, as bytes; null: nothing is recorded. */
async function recording({ page }) {
  const text = await page.evaluate(async () => {
    const file = await skep.trace();
    if (!file) return null;
    return new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result.slice(reader.result.indexOf(',') + 1));
      reader.readAsDataURL(file);
    });
  });
  return text === null ? null : Buffer.from(text, 'base64');
}

test('a transfer between browsers is recorded, and replays natively', async (t) => {
  const site = await publishedSmallSite();
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 50 });
  t.after(origin.stop);
  const seeder = await visit(`${origin.url}?skep=trace`, { name: 'seeder' });
  t.after(seeder.close);
  await seeder.page.evaluate(() => loadAll());
  await untilKept(seeder, site.stored);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  // The first call only says that the next load is to be recorded.
  assert.equal(await recording(visitor), null);
  await visitor.page.reload();
  await until('on', () => visitor.page.evaluate(() => skep.state.mode === 'on'));
  assertAllRight(await visitor.page.evaluate(() => loadAll()), site.assets);
  await until('peers gave most', () => visitor.page.evaluate((n) => skep.stats().bytes.peer > n, site.bytes / 2));

  const replays = {};
  for (const [name, browser] of Object.entries({ seeder, visitor })) {
    const file = join(site.folder, `${name}.trace`);
    writeFileSync(file, await recording(browser));
    replays[name] = JSON.parse(await runSkep(['replay', '--json', file]));
    const { same, damage, records, stats } = replays[name];
    t.diagnostic(`${name}: ${records} records, ${JSON.stringify(stats)}`);
    assert.equal(same, true, name);
    assert.equal(damage, '', name);
  }
  assert.ok(replays.visitor.stats.from_peers > site.bytes / 2);
  assert.ok(replays.visitor.inputs.LinkBytes.count > 0);
  assert.ok(replays.seeder.stats.uploaded > site.bytes / 2);
  // Exported once, it is not recorded again.
  await visitor.page.reload();
  await visitor.page.evaluate(() => skep.ready);
  assert.equal(await recording(visitor), null);
  assert.deepEqual(visitor.complaints, []);
});
