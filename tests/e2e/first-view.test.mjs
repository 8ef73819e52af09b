// A first view is the page's own: our requests stay few while it loads, nothing moves on the screen, and
// the back/forward cache takes the page and gives it back with Skep running.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openVisitor, startOrigin, until } from '../../tools/stage.mjs';
import { publishedSmallSite, visit } from './cast.mjs';

const kAtOnce = 2;

test('while a page loads, at most two requests of ours are under way; nothing shifts', async (t) => {
  // Large pictures on a slow origin: the page loads for seconds, and Skep starts meanwhile.
  const script = `<script type="module" src="skep.js"></script>
<script>
globalThis.shifts = [];
new PerformanceObserver((list) => shifts.push(...list.getEntries().map((entry) => entry.value))).observe({ type: 'layout-shift', buffered: true });
</script>
<img src="assets/picture-19.bmp" width="100" height="100" alt=""><img src="assets/picture-18.bmp" width="100" height="100" alt="">
<p>Below the pictures</p>`;
  const site = await publishedSmallSite({ site: { script } });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 3 });
  t.after(origin.stop);
  const visitor = await openVisitor({ browser: 'chromium' }); // Firefox knows no layout shifts
  t.after(visitor.close);
  await visitor.page.goto(origin.url);
  await until('Skep is on', () => visitor.page.evaluate(() => skep.state.mode === 'on'));
  await visitor.page.waitForFunction(() => performance.getEntriesByType('navigation')[0].loadEventEnd > 0);
  const loaded = await visitor.page.evaluate(() => performance.timeOrigin + performance.getEntriesByType('navigation')[0].loadEventStart);
  const ours = origin
    .log()
    .filter(({ path, status }) => status !== 101 && (/^\/skep[-.]/.test(path) || path.startsWith('/.well-known/skep/')))
    .map(({ path, time, duration_ms }) => ({ path, begin: Date.parse(time) - duration_ms, end: Date.parse(time) }))
    .filter(({ begin }) => begin < loaded);
  assert.ok(ours.length >= 3, `Skep started while the page loaded: ${ours.map((o) => o.path)}`);
  for (const one of ours) {
    const beside = ours.filter(({ begin, end }) => begin <= one.begin && one.begin < end);
    assert.ok(beside.length <= kAtOnce, `under way at once: ${beside.map((o) => o.path)}`);
  }
  assert.deepEqual(await visitor.page.evaluate(() => shifts), []);
  assert.deepEqual(visitor.complaints, []);
});

test('the back/forward cache takes the page, its peers and locks are let go, and Skep goes on after it', async (t) => {
  const script = `<script type="module" src="skep.js"></script>
<script>addEventListener('pageshow', ({ persisted }) => (globalThis.persisted = persisted));</script>`;
  const site = await publishedSmallSite({ site: { script } });
  t.after(site.remove);
  const origin = await startOrigin(site.out);
  t.after(origin.stop);
  const other = await visit(origin.url, { browser: 'chromium', name: 'other' });
  t.after(other.close);
  const choice = { browser: 'chromium', options: { ignoreDefaultArgs: ['--disable-back-forward-cache'] } };
  const visitor = await visit(origin.url, choice);
  t.after(visitor.close);
  const { page } = visitor;
  const peers = (who) => who.page.evaluate(() => skep.stats().peers.length);
  await until('a peer is there', async () => (await peers(visitor)) > 0);
  await page.evaluate(() => (globalThis.mark = 'the same page'));
  await page.goto('about:blank');
  await until('its peer is gone', async () => (await peers(other)) === 0);
  await page.evaluate(() => history.back()).catch(() => {}); // the page may be gone before it answers
  await until('the page is back', () => page.evaluate(() => globalThis.persisted !== undefined).catch(() => false));
  const why = await page.evaluate(() => JSON.stringify(performance.getEntriesByType('navigation')[0].notRestoredReasons ?? null));
  assert.equal(await page.evaluate(() => globalThis.persisted), true, why);
  assert.equal(await page.evaluate(() => globalThis.mark), 'the same page');
  await until('it leads again', () => page.evaluate(() => skep.state.mode === 'on' && skep.stats().leader));
  await until('and has its peer', async () => (await peers(visitor)) > 0);
  const status = await page.evaluate(async () => (await fetch('assets/picture-02.bmp')).status);
  assert.equal(status, 200);
  assert.deepEqual(visitor.complaints, []);
});
