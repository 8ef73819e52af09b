// The operator's page, in a real browser, while real visitors share: by keyboard alone, on a phone, in the dark.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openVisitor, startOrigin, until } from '../../tools/stage.mjs';
import { publishedSmallSite, untilKept, visit } from './cast.mjs';

const token = 'a token for tests, 1234';

/** Texts whose contrast with what is behind them is under WCAG's 4.5 : 1. */
const faintTexts = () => {
  const channel = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const parse = (text) => text.match(/[\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * channel(r) + 0.7152 * channel(g) + 0.0722 * channel(b);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length < 4 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const out = [];
  for (const element of document.querySelectorAll('body *')) {
    const own = [...element.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
    if (!own || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const ink = light(parse(element.ownerSVGElement ? style.fill : style.color));
    const back = light(behind(element));
    const ratio = (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
    if (ratio < 4.5) out.push(`${element.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`);
  }
  return out;
};
const sideways = () => document.documentElement.scrollWidth - innerWidth;
const focused = () => document.activeElement.id || document.activeElement.textContent;

async function openAdmin(t, url, options = {}) {
  const operator = await openVisitor({ name: 'operator', options });
  t.after(operator.close);
  await operator.page.goto(url);
  await operator.page.waitForSelector('#token');
  return operator;
}
async function signIn(page) {
  await page.keyboard.type(token);
  await page.keyboard.press('Enter');
  await page.waitForSelector('#sources');
}

test('an operator sees what visitors do', async (t) => {
  const site = await publishedSmallSite({ site: { scale: 0.3 } });
  t.after(site.remove);
  const tokenFile = join(site.folder, 'token');
  writeFileSync(tokenFile, `${token}\n`);
  const origin = await startOrigin(site.out, { rate: 20, args: ['--admin-token-file', tokenFile] });
  t.after(origin.stop);
  const url = `${origin.url}.well-known/skep/admin/`;
  const api = (authorization) =>
    fetch(`${url}api/metrics`, authorization ? { headers: { authorization } } : {});

  const first = await visit(origin.url, { name: 'first' });
  t.after(first.close);
  await first.page.evaluate(() => loadAll());
  await untilKept(first, site.stored);
  const second = await visit(origin.url, { name: 'second' });
  t.after(second.close);
  await second.page.evaluate(() => loadAll());
  await until('visitors have reported what they gave each other', async () => {
    const { metrics } = await (await api(`Bearer ${token}`)).json();
    return metrics.tracker.reported_downloaded > 0.5 * site.bytes && metrics.tracker.peers === 2;
  });

  await t.test('strangers see nothing', async () => {
    assert.equal((await api()).status, 401);
    assert.equal((await api('Bearer something else')).status, 401);
    assert.equal((await fetch(url)).headers.get('access-control-allow-origin'), null);
    assert.ok(!existsSync(join(site.out, '.well-known/skep/admin')), 'publications do not have it');
    assert.ok(!readdirSync(join(site.out, '.well-known/skep/rt')).some((name) => name.startsWith('app.')));
  });

  const operator = await openAdmin(t, url);
  const { page } = operator;
  await t.test('the keyboard is enough to sign in', async () => {
    assert.equal(await page.evaluate(focused), 'token', 'typing can begin at once');
    await page.keyboard.type('not the token at all');
    await page.keyboard.press('Enter');
    await page.waitForSelector('[role=alert]:not(:empty)');
    assert.equal(await page.locator('[role=alert]').textContent(), 'That is not the token.');
    assert.equal(await page.evaluate(focused), 'token', 'and can begin again');
    await signIn(page);
    assert.equal(await page.evaluate(focused), 'main');
    assert.deepEqual(await operator.context.cookies(), []);
  });

  await t.test('the numbers are those of the visitors', async () => {
    const value = (name) => page.locator(`.card:has(> .figure-name:text-is("${name}")) .figure-value`).textContent();
    assert.equal(await value('Visitors sharing now'), '2');
    assert.match(await value('Served by visitors'), /^[3-6]\d %$/);
    assert.match(await page.locator('#versions + div').textContent(), /newest2/);
    const files = await page.locator('#files + div tbody tr').allTextContents();
    assert.ok(files.some((row) => row.includes('list.json')), files.join('\n'));
    await page.getByLabel('Price per GB').fill('1000000');
    const saved = Number(await value('Saved by visitors'));
    assert.ok(saved > 1e-3 * 0.5 * site.bytes && saved < 1e-3 * 1.2 * site.bytes, `${saved}`);
    await page.getByLabel('Price per GB').fill('0.08');
  });

  await t.test('a screen reader finds its way', async () => {
    const tree = await page.locator('body').ariaSnapshot();
    for (const part of ['banner', 'main', 'contentinfo', 'heading "Where the bytes came from"', 'heading "Errors"',
      'spinbutton "Price per GB"', 'button "Sign out"', 'region "Most requested files"', 'columnheader "Requests"', 'status'])
      assert.ok(tree.includes(part), `${part} is missing from\n${tree}`);
    assert.deepEqual(
      await page.evaluate(() => [...document.querySelectorAll('svg')].filter((s) => !s.getAttribute('aria-label')).length),
      0,
    );
    await page.locator('#sources + div summary').focus();
    await page.keyboard.press('Enter');
    await page.getByRole('table', { name: 'What was sent, by kind' }).waitFor();
    const asked = page.waitForResponse((r) => r.url().endsWith('api/metrics'));
    await asked; // a round of fresh numbers later …
    await until('the page has shown it', () => page.evaluate(() => document.activeElement.tagName === 'SUMMARY'));
    assert.ok(await page.getByRole('table', { name: 'What was sent, by kind' }).isVisible(), 'it is still open');
    assert.deepEqual(await page.evaluate(faintTexts), []);
  });

  await t.test('signing out forgets the token', async () => {
    await page.reload();
    await page.waitForSelector('#sources'); // the tab remembers it
    await page.getByRole('button', { name: 'Sign out' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForSelector('#token');
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  });

  for (const colorScheme of ['light', 'dark'])
    await t.test(`a phone, ${colorScheme}`, async (t2) => {
      const phone = await openAdmin(t2, url, { viewport: { width: 360, height: 740 }, colorScheme });
      assert.equal(await phone.page.evaluate(sideways), 0);
      assert.deepEqual(await phone.page.evaluate(faintTexts), []);
      await signIn(phone.page);
      assert.equal(await phone.page.evaluate(sideways), 0, 'nothing scrolls sideways');
      assert.deepEqual(await phone.page.evaluate(faintTexts), []);
      assert.deepEqual(phone.complaints, []);
    });

  // A refused token is an error in a browser's console, whatever a page does.
  assert.deepEqual(operator.complaints.filter((text) => !text.includes('401')), []);
});
