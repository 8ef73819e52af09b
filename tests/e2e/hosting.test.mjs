// A publication is a plain directory: nginx with its stock configuration, at the root and under a
// sub-path, with the tracker elsewhere; and sites that have a service worker of their own.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { runSkep, startNginx, startOrigin, until } from '../../tools/stage.mjs';
import { assertAllRight, infoHashOf, publishedSmallSite, untilKept, visit } from './cast.mjs';

for (const under of ['/', '/games/nested']) {
  test(`behind stock nginx at ${under}, the tracker elsewhere`, async (t) => {
    const probe = await startOrigin(null, { args: ['--allow-key', '0'.repeat(64)] });
    const port = probe.port;
    await probe.stop();
    const site = await publishedSmallSite({ args: ['--tracker', `ws://localhost:${port}/.well-known/skep/tracker`] });
    t.after(site.remove);
    const shown = JSON.parse(await runSkep(['key', 'show', '--json', site.key]));
    const tracker = await startOrigin(null, { port, args: ['--allow-key', shown.public] });
    t.after(tracker.stop);
    for (const folder of [site.folder, site.out]) chmodSync(folder, 0o755);
    const nginx = await startNginx(site.out, under);
    t.after(nginx.stop);

    const first = await visit(nginx.url, { name: 'first' });
    t.after(first.close);
    assertAllRight(await first.page.evaluate(() => loadAll()), site.assets);
    await untilKept(first, site.stored);
    const second = await visit(nginx.url, { name: 'second' });
    t.after(second.close);
    await until('they know each other', () => second.page.evaluate(() => skep.stats().peers.length > 0));
    assertAllRight(await second.page.evaluate(() => loadAll()), site.assets);
    await until('nearly all came from the first', () => second.page.evaluate((n) => skep.stats().bytes.peer >= n, 0.95 * site.bytes));
    assert.deepEqual(first.complaints, []);
    assert.deepEqual(second.complaints, []);
  });
}

test("a tracker refuses swarms that no allowed key's pointer names", async (t) => {
  const site = await publishedSmallSite();
  t.after(site.remove);
  const tracker = await startOrigin(null, { args: ['--allow-key', '0'.repeat(64)] });
  t.after(tracker.stop);
  const hash = (await infoHashOf(site.out)).slice(0, 40);
  const binary = Buffer.from(hash, 'hex').toString('latin1');
  const { createRequire } = await import('node:module');
  const WebSocket = createRequire(new URL('../../web/package.json', import.meta.url))('ws');
  const socket = new WebSocket(`${tracker.url.replace('http', 'ws')}.well-known/skep/tracker`);
  t.after(() => socket.close());
  await new Promise((resolve) => socket.on('open', resolve));
  const pointer = readFileSync(`${site.out}/.well-known/skep/latest`).toString('base64');
  socket.send(JSON.stringify({ action: 'announce', info_hash: binary, peer_id: '-XX0001-abcdefghijkl', left: 1, uploaded: 0, downloaded: 0, numwant: 5, skep: { candidates: 5, pointer } }));
  const reply = await new Promise((resolve) => socket.on('message', (data) => resolve(JSON.parse(data))));
  assert.ok(reply['failure reason'], JSON.stringify(reply));
});
