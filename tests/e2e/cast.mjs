// cast.mjs: the parts that end-to-end tests play: publish a site, open visitors, count the origin's
// bytes, compare every file with its source.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openVisitor, runSkep, temporaryFolder, until } from '../../tools/stage.mjs';
import { makeSmallSite } from './small-site.mjs';

/** A published small site in a temporary folder. */
export async function publishedSmallSite({ site = {}, args = [] } = {}) {
  const folder = temporaryFolder('site');
  const source = join(folder.path, 'source');
  const out = join(folder.path, 'out');
  const key = join(folder.path, 'site.key');
  const made = makeSmallSite(source, site);
  await runSkep(['key', 'new', '-o', key]);
  await runSkep(['publish', source, '-o', out, '--key', key, ...args]);
  return { ...made, out, key, source, folder: folder.path, remove: folder.remove };
}

/** Info-hash (v2, hex) of a publication. */
export async function infoHashOf(out) {
  const shown = JSON.parse(await runSkep(['show', '--json', join(out, '.well-known/skep/latest')]));
  const text = JSON.stringify(shown);
  const found = text.match(/"([0-9a-f]{64})"/g)?.map((s) => s.slice(1, -1)) ?? [];
  const torrent = found.find((hash) => {
    try {
      readFileSync(join(out, '.well-known/skep', `${hash}.torrent`));
      return true;
    } catch {
      return false;
    }
  });
  assert.ok(torrent, 'skep show names the info-hash');
  return torrent;
}

/** Skep's state once it has started: `ready` waits for two seconds at most, and a busy machine may need longer. */
export async function started(page) {
  const ready = await page.evaluate(() => skep.ready);
  if (!/^not ready in time: starting/.test(ready.reason ?? '')) return ready;
  await until('Skep has started', () => page.evaluate(() => skep.state.reason !== 'starting'));
  return page.evaluate(() => skep.state);
}

/** Opens `url` in a fresh visitor and waits for skep.ready; the mode must be what is expected. */
export async function visit(url, { mode = 'on', expectControl = true, ...choice } = {}) {
  const visitor = await openVisitor(choice);
  await visitor.page.goto(url);
  visitor.ready = await started(visitor.page);
  if (visitor.ready.mode !== mode) await visitor.close(); // nobody else has it to close
  assert.equal(visitor.ready.mode, mode, JSON.stringify(visitor.ready));
  if (mode === 'on' && expectControl)
    assert.ok(await visitor.page.evaluate(() => navigator.serviceWorker.controller !== null), 'controlled');
  return visitor;
}

/** A peer written for tests (scripted-peer.js) in a browser of its own; its page has `scripted`. */
export async function openScripted(origin, infoHash, script) {
  const visitor = await openVisitor({ name: script });
  await visitor.page.goto(`${origin.url}healthz`);
  await visitor.page.evaluate(readFileSync(new URL('./scripted-peer.js', import.meta.url), 'utf8'));
  await visitor.page.evaluate(
    ([tracker, hash, what]) => void globalThis.scriptedPeer({ tracker, infoHash: hash, script: what }),
    [`${origin.url.replace('http', 'ws')}.well-known/skep/tracker`, infoHash.slice(0, 40), script],
  );
  return visitor;
}

/** Body bytes of asset paths that the origin has sent since `from` lines of its log. */
export function assetBytes(origin, from = 0, prefix = '/assets/') {
  return origin
    .log()
    .slice(from)
    .filter((line) => line.path.startsWith(prefix))
    .reduce((sum, line) => sum + line.bytes_sent, 0);
}

/** Every asset has status 200 and its source's bytes; every picture was shown. */
export function assertAllRight(results, assets) {
  const got = Object.keys(results).map(decodeURIComponent).sort();
  assert.deepEqual(got, [...assets.keys()].sort());
  for (const [name, result] of Object.entries(results)) {
    assert.equal(result.status, 200, name);
    assert.equal(result.sha256, assets.get(decodeURIComponent(name)).sha256, `${name} differs from its source`);
    if (name.endsWith('.bmp')) assert.ok(result.width > 0 && !result.broken, `${name} is not shown`);
  }
}

/** Waits until the visitor's store holds every asset (so that it can seed it). */
export async function untilKept(visitor, count, timeoutMs = 60_000) {
  await until(`the store holds ${count} files`, async () => (await storedFiles(visitor)).length >= count, { timeoutMs });
}

/** Waits until the visitor keeps every page that the publication's offline.json names. */
export async function untilPagesKept(visitor, out) {
  const { pages } = JSON.parse(readFileSync(join(out, '.well-known/skep/offline.json'), 'utf8'));
  await until(`${pages.length} pages are kept`, () =>
    visitor.page.evaluate(async (urls) => {
      for (const url of urls) if (!(await caches.match(new URL(url, document.baseURI)))) return false;
      return true;
    }, pages.map((p) => p.url)),
  );
}

/** Completed files in the visitor's store (OPFS, else Cache Storage): name, size and SHA-256. */
export function storedFiles(visitor, { hash = false } = {}) {
  return visitor.page.evaluate(async (wantHash) => {
    const out = [];
    const hex = (b) => [...new Uint8Array(b)].map((x) => x.toString(16).padStart(2, '0')).join('');
    const take = async (name, file) =>
      out.push({ name, size: file.size, sha256: wantHash ? hex(await crypto.subtle.digest('SHA-256', await file.arrayBuffer())) : '' });
    const walk = async (dir, inFiles) => {
      for await (const [name, handle] of dir.entries()) {
        if (handle.kind === 'directory') await walk(handle, name === 'files');
        else if (inFiles) await take(name, await handle.getFile());
      }
    };
    const opfs = await Promise.resolve(navigator.storage.getDirectory?.()).catch(() => null);
    if (opfs) await walk(opfs, false);
    for (const name of (await caches.keys()).filter((n) => n.endsWith(' files'))) {
      const cache = await caches.open(name);
      for (const { url } of await cache.keys())
        if (!url.endsWith('.json')) await take(url.split('/').pop(), await (await cache.match(url)).blob());
    }
    return out;
  }, hash);
}
