// The visitor decides: consent, pause, metered and battery; the notice and the panel say what happens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openVisitor, startOrigin, until } from '../../tools/stage.mjs';
import { assertAllRight, publishedSmallSite, started, untilKept, visit } from './cast.mjs';

const tag = (attributes) => `<script type="module" src="skep.js" ${attributes}></script>`;

async function stage(t, attributes = '') {
  const site = await publishedSmallSite({ site: { script: tag(attributes) } });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 50 });
  t.after(origin.stop);
  return { site, origin };
}
/** Counts what a page must not do without consent. */
const watchPeers = () => {
  globalThis.made = 0;
  const Real = RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Real {
    constructor(...args) {
      super(...args);
      globalThis.made += 1;
    }
  };
};
async function open(t, url, { prepare = watchPeers, argument, mode = 'on', ...choice } = {}) {
  const visitor = await openVisitor(choice);
  t.after(visitor.close);
  if (prepare) await visitor.context.addInitScript(prepare, argument);
  await visitor.page.goto(url);
  assert.equal((await started(visitor.page)).mode, mode);
  return visitor;
}
const linked = (visitor) => until('linked', () => visitor.page.evaluate(() => skep.stats().peers.length > 0));
const alone = (visitor) => until('no links', () => visitor.page.evaluate(() => skep.stats().peers.length === 0));
const button = (visitor, name) => visitor.page.getByRole('button', { name, exact: true });

/** The tracker's own count of open sockets and peers. */
const health = async (origin) => (await fetch(`${origin.url}healthz`)).json();

test('ask: no peer connection and no tracker before the visitor agrees; then both; the answer is remembered', async (t) => {
  const { site, origin } = await stage(t, 'data-consent="ask"');
  const first = await open(t, origin.url);
  const notice = first.page.getByRole('region', { name: 'Sharing files of this site' });
  await notice.waitFor();
  // It takes no focus and shifts nothing; Tab reaches it first.
  assert.equal(await first.page.evaluate(() => document.activeElement === document.body), true);
  await until('it is announced', async () => (await notice.textContent()).includes('May your browser take part'));
  assert.equal(
    await first.page.evaluate(() => performance.getEntriesByType('layout-shift').reduce((sum, { value }) => sum + value, 0)),
    0,
  );
  assertAllRight(await first.page.evaluate(() => loadAll()), site.assets);
  await untilKept(first, site.stored);
  assert.equal((await health(origin)).peers, 0);
  assert.equal(await first.page.evaluate(() => globalThis.made), 0);

  await first.page.keyboard.press('Tab');
  await first.page.keyboard.press('Enter');
  await until('the tracker knows it', async () => (await health(origin)).peers === 1);
  assert.equal(await notice.count(), 0);
  await first.page.reload();
  assert.equal((await started(first.page)).mode, 'on');
  await until('remembered', async () => (await health(origin)).peers === 1);
  assert.equal(await notice.count(), 0);

  const second = await open(t, origin.url);
  // The site's own dialog may be quicker than ours.
  await second.page.locator('skep-notice').waitFor();
  await second.page.evaluate(() => skep.consent(false));
  assert.equal(await second.page.locator('skep-notice').count(), 0);
  await second.page.evaluate(() => fetch('assets/data/pack-8.bin').then((response) => response.blob()));
  assert.equal(await second.page.evaluate(() => globalThis.made), 0);
  assert.equal((await health(origin)).peers, 1, 'who declined is not announced');
  await second.page.evaluate(() => skep.consent(true));
  assertAllRight(await second.page.evaluate(() => loadAll()), site.assets);
  await until('peers gave', () => second.page.evaluate(() => skep.stats().bytes.peer > 1_000_000));
  await second.page.evaluate(() => skep.consent(false));
  await until('it has left', async () => (await health(origin)).peers === 1);
  await alone(second);
  assert.deepEqual(first.complaints, []);
  assert.deepEqual(second.complaints, []);
});

test('notice: it works, and it tells, once, in the language of the page', async (t) => {
  const { site, origin } = await stage(t, 'data-consent="notice" data-lang="de" data-text-ok="Verstanden"');
  const visitor = await open(t, origin.url);
  const notice = visitor.page.getByRole('region', { name: 'Weitergabe von Dateien dieser Seite' });
  await notice.waitFor();
  await until('it shares all the same', async () => (await health(origin)).peers === 1);
  // Another tab answers: it goes here, too.
  const tab = await visitor.context.newPage();
  await tab.goto(origin.url);
  await tab.getByRole('button', { name: 'Verstanden' }).click();
  await until('gone in the other tab', async () => (await notice.count()) === 0);
  await tab.reload();
  await started(tab);
  assertAllRight(await tab.evaluate(() => loadAll()), site.assets);
  assert.equal(await tab.locator('skep-notice').count(), 0);
  assert.equal((await health(origin)).peers, 1);
  assert.deepEqual(visitor.complaints, []);
});

test('skep.pause() in any tab ends all links, is remembered, and skep.resume() makes them again', async (t) => {
  const { origin } = await stage(t);
  const other = await visit(origin.url, { name: 'other' });
  t.after(other.close);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  await linked(visitor);
  const tab = await visitor.context.newPage();
  await tab.goto(origin.url);
  await started(tab);
  await tab.evaluate(() => skep.pause());
  await alone(visitor);
  await until('the tracker forgets it', async () => (await health(origin)).peers === 1);
  await tab.close();
  await visitor.page.reload();
  assert.equal((await started(visitor.page)).mode, 'on');
  assert.equal((await health(origin)).peers, 1, 'still paused after a reload');
  await visitor.page.evaluate(() => skep.resume());
  await linked(visitor);
  assert.deepEqual(visitor.complaints, []);
});

/** Overrides what the browser says of connection and battery; `circumstances` changes it later. */
const pretend = (what) => {
  const divided = setTimeout;
  globalThis.setTimeout = (act, ms, ...more) => divided(act, ms >= 60_000 ? ms / 100 : ms, ...more);
  const now = performance.now.bind(performance);
  let skipped = 0;
  performance.now = () => now() + skipped;
  const connection = Object.assign(new EventTarget(), { saveData: false, type: 'wifi', effectiveType: '4g', ...what.connection });
  if (connection.type === null) delete connection.type;
  const battery = Object.assign(new EventTarget(), { charging: true, ...what.battery });
  Object.defineProperty(Navigator.prototype, 'connection', { get: () => connection });
  Navigator.prototype.getBattery = async () => battery;
  if (what.mobile) Object.defineProperty(NavigatorUAData.prototype, 'mobile', { get: () => true });
  globalThis.circumstances = (change) => {
    Object.assign(connection, change.connection);
    Object.assign(battery, change.battery);
    connection.dispatchEvent(new Event('change'));
    battery.dispatchEvent(new Event('chargingchange'));
  };
  globalThis.setHidden = (hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
  };
  globalThis.later = (ms) => (skipped += ms);
  addEventListener('DOMContentLoaded', () =>
    setTimeout(function look() {
      if (!globalThis.skep) return void setTimeout(look, 10);
      globalThis.skep.addEventListener('policy', ({ detail }) => (globalThis.policy = detail));
    }),
  );
};
const policy = (visitor, what, check) =>
  until(what, async () => check((await visitor.page.evaluate(() => globalThis.policy)) ?? {}));

test('a metered connection takes from peers, and gives nothing; a phone that does not say is metered', async (t) => {
  const { site, origin } = await stage(t);
  const seeder = await visit(origin.url, { name: 'seeder' });
  t.after(seeder.close);
  await seeder.page.evaluate(() => loadAll());
  await untilKept(seeder, site.stored);
  for (const argument of [
    { connection: { saveData: true } },
    { connection: { type: 'cellular' } },
    { connection: { type: null }, mobile: true },
  ]) {
    const visitor = await open(t, origin.url, { prepare: pretend, argument });
    await policy(visitor, JSON.stringify(argument), ({ why, upload, usePeers, prefetch }) => why === 'metered' && !upload && usePeers && !prefetch);
    await linked(visitor);
    assertAllRight(await visitor.page.evaluate(() => loadAll()), site.assets);
    await until('peers gave', () => visitor.page.evaluate(() => skep.stats().bytes.peer > 0));
    // It has now what it could give.
    await visitor.page.evaluate(() => circumstances({ connection: { saveData: false, type: 'wifi' } }));
    await policy(visitor, 'it may give on Wi-Fi', ({ upload, why }) => upload && why === '');
    await visitor.close();
  }
});

test('hidden and on battery: nothing is given at once, links end later, all returns when it is seen', async (t) => {
  const { origin } = await stage(t);
  const other = await visit(origin.url, { name: 'other' });
  t.after(other.close);
  const visitor = await open(t, origin.url, { prepare: pretend, argument: { battery: { charging: false } } });
  await linked(visitor);
  await policy(visitor, 'it gives on battery while it is seen', ({ upload }) => upload);
  // Another tab that is seen is enough.
  const tab = await visitor.context.newPage();
  await tab.goto(origin.url);
  await started(tab);
  await visitor.page.evaluate(() => setHidden(true));
  await tab.evaluate(() => skep.fetch('list.json').then((r) => r.text()));
  await policy(visitor, 'it still gives', ({ upload }) => upload);
  await tab.evaluate(() => setHidden(true));
  await policy(visitor, 'nothing is given', ({ upload, why, usePeers }) => !upload && usePeers && why === 'battery');
  assert.equal(await visitor.page.evaluate(() => skep.stats().peers.length), 1, 'links are kept for a while');
  await visitor.page.evaluate(() => later(120_000));
  await policy(visitor, 'no peers at all', ({ usePeers, why }) => !usePeers && why === 'battery');
  await alone(visitor);
  await tab.evaluate(() => setHidden(false));
  await policy(visitor, 'seen again', ({ usePeers, upload }) => usePeers && upload);
  await linked(visitor);
  await visitor.page.evaluate(() => circumstances({ battery: { charging: true } }));
  await tab.evaluate(() => setHidden(true));
  await policy(visitor, 'plugged in, it goes on though hidden', ({ upload }) => upload);
  assert.deepEqual(visitor.complaints, []);
});

test('the panel says what is shared, pauses, and removes everything', async (t) => {
  const { site, origin } = await stage(t);
  const other = await visit(origin.url, { name: 'other' });
  t.after(other.close);
  await other.page.evaluate(() => loadAll());
  await untilKept(other, site.stored);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  await visitor.page.evaluate(() => loadAll());
  await until('the numbers are in', () => visitor.page.evaluate(() => skep.stats().bytes.peer > 1_000_000));
  const { page } = visitor;
  const opened = () => void skep.panel();
  await page.evaluate(opened);
  await page.evaluate(opened); // one at a time
  const dialog = page.getByRole('dialog', { name: 'Where this site comes from' });
  await dialog.waitFor();
  assert.equal(await page.locator('skep-panel').count(), 1);
  const value = (name) => dialog.locator('dt', { hasText: name }).locator('xpath=following-sibling::dd[1]').textContent();
  assert.match(await value('From other visitors'), /^\d[\d.,]* MB$/);
  assert.equal(await value('Connected visitors'), '1');
  await until('kept bytes are counted', async () => /MB/.test(await value('Kept on this device')));
  assert.match(await dialog.getByRole('status').textContent(), /^On: /);
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await until('paused', async () => /^Paused/.test(await dialog.getByRole('status').textContent()));
  await alone(visitor);
  await button(visitor, 'Go on sharing').click();
  await until('on', async () => /^On: /.test(await dialog.getByRole('status').textContent()));
  await page.keyboard.press('Escape');
  await page.locator('skep-panel').waitFor({ state: 'detached' }); // a dialog tells of its end a frame later
  await page.evaluate(opened);
  await button(visitor, 'Remove everything').click();
  assert.equal(await page.evaluate(() => document.querySelector('skep-panel').shadowRoot.activeElement.textContent), 'Cancel', 'the harmless answer has the focus');
  await button(visitor, 'Yes, remove it').click();
  await until('it says so', async () => /Everything was removed/.test(await dialog.getByRole('status').textContent()));
  assert.equal(await page.evaluate(async () => (await navigator.serviceWorker.getRegistrations()).length), 0);
  await page.reload();
  assert.deepEqual(await started(page), { mode: 'off', reason: 'uninstalled here' });
  assert.deepEqual(visitor.complaints, []);
});
