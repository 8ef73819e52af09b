// A peer that lies, and what peers are told.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { startOrigin, until } from '../../tools/stage.mjs';
import { assertAllRight, infoHashOf, openScripted, publishedSmallSite, storedFiles, untilKept, visit } from './cast.mjs';

test('altered blocks are never shown, stored or passed on', async (t) => {
  const site = await publishedSmallSite();
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 20 });
  t.after(origin.stop);
  const liar = await openScripted(origin, await infoHashOf(site.out), 'poison');
  t.after(liar.close);

  const victim = await visit(origin.url, { name: 'victim' });
  t.after(victim.close);
  await until('the liar is connected', () => liar.page.evaluate(() => scripted.opened > 0));
  assertAllRight(await victim.page.evaluate(() => loadAll()), site.assets);
  assert.ok(await liar.page.evaluate(() => scripted.answered > 0), 'the liar was asked for blocks');
  await until('the liar is cut off', () => liar.page.evaluate(() => scripted.closed > 0));

  const known = new Set([...site.assets.values()].map((a) => a.sha256));
  await untilKept(victim, site.stored);
  for (const file of await storedFiles(victim, { hash: true })) assert.ok(known.has(file.sha256), `stored: ${file.name}`);

  const next = await visit(origin.url, { name: 'next' });
  t.after(next.close);
  assertAllRight(await next.page.evaluate(() => loadAll()), site.assets);
  assert.deepEqual(victim.complaints, []);
  assert.deepEqual(next.complaints, []);
});

test('private paths never appear in any message to a peer', async (t) => {
  const site = await publishedSmallSite();
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 20 });
  t.after(origin.stop);
  const listener = await openScripted(origin, await infoHashOf(site.out), 'observe');
  t.after(listener.close);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  assertAllRight(await visitor.page.evaluate(() => loadAll()), site.assets);
  // A visitor reads private things too; they stay between it and the origin.
  await visitor.page.evaluate(() => fetch('private/secret-plans.txt').then((r) => r.text()));
  await visitor.page.evaluate(() => fetch('account-settings.json').then((r) => r.text()));
  await until('the listener heard something', () => listener.page.evaluate(() => scripted.heard.length > 3));
  const heard = await listener.page.evaluate(() => scripted.text());
  assert.ok(heard.includes('BitTorrent protocol'));
  for (const word of ['private', 'secret', 'members', 'account', 'index.html', 'other.html'])
    assert.ok(!heard.includes(word), `a peer heard "${word}"`);
  // What BEP 9 would hand out: the info dictionary names shareable paths only.
  const torrent = readFileSync(`${site.out}/.well-known/skep/${await infoHashOf(site.out)}.torrent`).toString('latin1');
  assert.ok(torrent.includes('picture-00.bmp'));
  for (const word of ['private', 'secret', 'members', 'account']) assert.ok(!torrent.includes(word), word);
});
