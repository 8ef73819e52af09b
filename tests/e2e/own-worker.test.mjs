// A service worker that the site already has is never replaced; one importScripts line adds ours.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openVisitor, runSkep, startOrigin, temporaryFolder } from '../../tools/stage.mjs';
import { assertAllRight, started } from './cast.mjs';
import { makeSmallSite } from './small-site.mjs';

const ownWorker = (line) => `${line}
self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('fetch', (event) => {
  if (event.request.url.endsWith('/from-the-sites-own-worker'))
    event.respondWith(new Response('the site answers'));
});
`;
const register = `<script>navigator.serviceWorker.register('sw.js')</script>
<script type="module">await navigator.serviceWorker.ready; await import('./skep.js');</script>`;

for (const [what, line, mode] of [
  ['with the importScripts line, both work', "importScripts('skep-sw.js');", 'on'],
  ['without it, the site keeps its own and Skep stays off', '', 'off'],
]) {
  test(what, async (t) => {
    const folder = temporaryFolder('own-worker');
    t.after(folder.remove);
    const source = join(folder.path, 'source');
    const site = makeSmallSite(source, { script: register });
    writeFileSync(join(source, 'sw.js'), ownWorker(line));
    const key = join(folder.path, 'key');
    await runSkep(['key', 'new', '-o', key]);
    await runSkep(['publish', source, '-o', join(folder.path, 'out'), '--key', key]);
    const origin = await startOrigin(join(folder.path, 'out'), { rate: 50 });
    t.after(origin.stop);

    const visitor = await openVisitor();
    t.after(visitor.close);
    await visitor.page.goto(origin.url);
    await visitor.page.waitForFunction(() => globalThis.skep);
    const ready = await started(visitor.page);
    assert.equal(ready.mode, mode, JSON.stringify(ready));
    const script = await visitor.page.evaluate(async () => (await navigator.serviceWorker.getRegistration()).active.scriptURL);
    assert.ok(script.endsWith('/sw.js'), script);
    assert.equal(await visitor.page.evaluate(() => fetch('from-the-sites-own-worker').then((r) => r.text())), 'the site answers');
    assertAllRight(await visitor.page.evaluate(() => loadAll()), site.assets);
    const stats = await visitor.page.evaluate(() => skep.stats());
    if (mode === 'on') assert.ok(stats.bytes.origin > 0, 'the engine fetched the assets');
    assert.deepEqual(visitor.complaints, []);
  });
}
