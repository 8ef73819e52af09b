// skep.diagnose(): every cause for which peers are not used is made, and must be found; and only that one.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createTcp } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { openVisitor, runSkep, startOrigin, temporaryFolder, until } from '../../tools/stage.mjs';
import { publishedSmallSite } from './cast.mjs';
import { parts, replace } from './version-two.mjs';

const latest = '.well-known/skep/latest';
const settled = (page) =>
  until('it knows its state', () =>
    page.evaluate(() => globalThis.skep && (skep.state.mode === 'on' || !/^starting|^the engine is st/.test(skep.state.reason))),
  );
/** Ids of problems and notes, with their details. */
async function diagnosis(page, options) {
  const findings = await page.evaluate((o) => skep.diagnose(o), options);
  for (const { text, level } of findings) assert.ok(text && level);
  return new Map(findings.map((finding) => [finding.id, finding]));
}
const problems = (found) => [...found.values()].filter(({ level }) => level === 'problem').map(({ id }) => id);

/** One published site, one origin, one browser; each case in a browser context of its own would be slow. */
async function stage(t, { attributes = '', args = [], prepare, argument, options, flags } = {}) {
  const script = `<script type="module" src="skep.js" ${attributes}></script>`;
  const site = await publishedSmallSite({ site: { script, scale: 0.1 }, args });
  t.after(site.remove);
  const origin = await startOrigin(site.out);
  t.after(origin.stop);
  const visitor = await openVisitor({ options, flags });
  t.after(visitor.close);
  if (prepare) await visitor.context.addInitScript(prepare, argument);
  const { page } = visitor;
  const open = async (url = origin.url) => {
    await page.goto(url);
    await settled(page);
  };
  return { site, origin, visitor, page, open };
}

test('nothing is wrong; then another visitor comes; files that are not shared', async (t) => {
  const { site, origin, page, open } = await stage(t);
  await open();
  let found = await diagnosis(page);
  assert.deepEqual([...found.keys()], ['usable', 'alone'], 'good news first');
  const other = await openVisitor();
  t.after(other.close);
  await other.page.goto(origin.url);
  await until('linked', () => page.evaluate(() => skep.stats().peers.length === 1));
  found = await diagnosis(page, { url: 'assets/data/pack-8.bin' });
  assert.deepEqual([...found.keys()], ['usable']);
  assert.deepEqual(problems(await diagnosis(page, { url: 'private/members.bin' })), ['label-private']);
  assert.deepEqual(problems(await diagnosis(page, { url: 'https://elsewhere.example/x' })), ['label-private']);
  const path = 'assets/data/pack-8.bin';
  const bytes = readFileSync(join(site.out, path));
  bytes[30_000] ^= 1;
  writeFileSync(join(site.out, path), bytes);
  assert.deepEqual(problems(await diagnosis(page, { url: path })), ['file-mismatch']);
});

test('what is wrong with the pointer, and with what it names', async (t) => {
  const { site, page, open } = await stage(t);
  await open();
  const file = join(site.out, latest);
  const good = readFileSync(file);
  const put = (bytes) => writeFileSync(file, bytes);
  const point = (...args) => runSkep(['pointer', ...args, site.out, '--key', site.key]);
  const expect = async (id) => {
    await open();
    assert.deepEqual(problems(await diagnosis(page)), [id]);
  };
  rmSync(file);
  await expect('pointer-missing');
  put('<!doctype html>');
  await expect('pointer-malformed');
  const forged = Buffer.from(good);
  forged[forged.indexOf('3:sig64:') + 20] ^= 1;
  put(forged);
  await expect('pointer-forged');
  put(good);
  await point('off');
  const off = readFileSync(file);
  await expect('switched-off');
  await point('on');
  const on = readFileSync(file);
  await open();
  put(off);
  assert.deepEqual(problems(await diagnosis(page)), ['pointer-rolled-back']);
  put(good);
  await expect('pointer-rolled-back');
  put(on); // seq grows from what is replaced: above all that this browser saw
  await point('on');
  await open();
  // Time passes.
  const now = Date.now() + 40 * 86_400_000;
  await page.evaluate((then) => (Date.now = () => then), now);
  assert.deepEqual(problems(await diagnosis(page)), ['pointer-expired']);
  await open();
  assert.deepEqual(problems(await diagnosis(page)), []);
  const torrent = readdirSync(join(site.out, '.well-known/skep')).find((name) => name.endsWith('.torrent'));
  const path = join(site.out, '.well-known/skep', torrent);
  const bytes = readFileSync(path);
  bytes[bytes.indexOf('4:info') + 200] ^= 1;
  writeFileSync(path, bytes);
  assert.deepEqual(problems(await diagnosis(page)), ['torrent-mismatch']);
  rmSync(path);
  assert.deepEqual(problems(await diagnosis(page)), ['torrent-missing']);
});

test('another key than the page pins', async (t) => {
  const { page, open } = await stage(t, { attributes: `data-key="${'ab'.repeat(32)}"` });
  await open();
  assert.deepEqual(problems(await diagnosis(page)), ['pointer-other-key']);
});

test('parts of the runtime are missing', async (t) => {
  const { site, page, open } = await stage(t);
  await open();
  for (const part of parts(site.out).filter((path) => path.includes('/engine.')))
    for (const end of ['', '.br', '.gz']) rmSync(join(site.out, part + end), { force: true });
  assert.deepEqual(problems(await diagnosis(page)), ['runtime-missing']);
  for (const end of ['', '.br', '.gz']) rmSync(join(site.out, `skep-sw.js${end}`), { force: true });
  assert.deepEqual(problems(await diagnosis(page)), ['runtime-missing', 'service-worker-missing']);
});

test('the engine finds a bug of its own', async (t) => {
  const { site, page, open } = await stage(t);
  const engine = parts(site.out).find((path) => path.includes('/engine.'));
  const worker = parts(site.out).find((path) => path.includes('/runtime.'));
  assert.ok(engine && worker);
  // The module traps at the first call, as a failed assertion does.
  const code = readFileSync(join(site.out, worker), 'utf8');
  replace(site.out, worker, `{const I=WebAssembly.Instance;WebAssembly.Instance=function(m,i){const e={...new I(m,i).exports};e.skep_handle=()=>{throw new WebAssembly.RuntimeError('unreachable')};return{exports:e}}}${code}`);
  await open();
  await until('off', () => page.evaluate(() => skep.state.mode === 'off' && /stopped/.test(skep.state.reason)));
  assert.deepEqual(problems(await diagnosis(page)), ['engine-failed']);
});

const missing = {
  'no-webrtc': () => {
    delete globalThis.RTCPeerConnection;
    delete globalThis.webkitRTCPeerConnection;
  },
  'webrtc-blocked': () => {
    // A policy against UDP: no address is ever found.
    RTCPeerConnection.prototype.addIceCandidate = async () => {};
    const real = Object.getOwnPropertyDescriptor(RTCPeerConnection.prototype, 'localDescription').get;
    Object.defineProperty(RTCPeerConnection.prototype, 'localDescription', {
      get() {
        const own = real.call(this);
        return own && { type: own.type, sdp: own.sdp.replace(/^a=candidate.*\r\n/gm, '') };
      },
    });
  },
  'no-service-worker': () => Object.defineProperty(Navigator.prototype, 'serviceWorker', { get: () => undefined }),
  'no-signatures': () => {
    const real = SubtleCrypto.prototype.importKey;
    SubtleCrypto.prototype.importKey = function importKey(format, key, algorithm, ...more) {
      if (algorithm.name === 'Ed25519') return Promise.reject(new DOMException('Ed25519', 'NotSupportedError'));
      return real.call(this, format, key, algorithm, ...more);
    };
  },
  'no-wasm': () => delete globalThis.WebAssembly,
  offline: () => Object.defineProperty(Navigator.prototype, 'onLine', { get: () => false }),
};
for (const [id, prepare] of Object.entries(missing)) {
  test(`the browser: ${id}`, async (t) => {
    const { page, open } = await stage(t, { prepare });
    await open();
    const found = await diagnosis(page);
    assert.ok(problems(found).includes(id), JSON.stringify([...found]));
    assert.equal(problems(found).length, 1, JSON.stringify([...found]));
    assert.ok(!found.has('usable'));
  });
}

for (const [what, id, prepare] of [
  ['there is no OPFS', 'no-opfs', () => Object.defineProperty(StorageManager.prototype, 'getDirectory', { value: () => Promise.reject(new DOMException('no', 'SecurityError')) })],
  ['it is full', 'storage-full', () => Object.defineProperty(StorageManager.prototype, 'estimate', { value: async () => ({ quota: 5_000_000, usage: 4_900_000 }) })],
]) {
  test(`the store: ${what}`, async (t) => {
    const { page, open } = await stage(t, { prepare });
    await open();
    const found = await diagnosis(page);
    assert.equal(found.get(id)?.level, 'note');
  });
}

test('an insecure context', async (t) => {
  const { origin, page } = await stage(t, { flags: ['--host-resolver-rules=MAP site.example 127.0.0.1'] });
  await page.goto(origin.url.replace('localhost', 'site.example'));
  await settled(page);
  assert.deepEqual(problems(await diagnosis(page)), ['insecure-context']);
});

test("the site's own service worker does not import ours", async (t) => {
  const { site, origin, page } = await stage(t);
  writeFileSync(join(site.out, 'own.js'), "addEventListener('fetch', () => {})");
  await page.goto(`${origin.url}healthz`);
  await page.evaluate(async () => {
    await navigator.serviceWorker.register('own.js');
    await navigator.serviceWorker.ready;
  });
  await page.goto(origin.url);
  await settled(page);
  assert.deepEqual(problems(await diagnosis(page)), ['service-worker-foreign']);
});

test('the tracker: not there, silent, not for this site', async (t) => {
  const away = await stage(t, { attributes: 'data-tracker="ws://127.0.0.1:9/"' });
  await away.open();
  const found = await diagnosis(away.page);
  assert.deepEqual(problems(found), ['tracker-unreachable']);
  assert.match(found.get('tracker-unreachable').detail, /ws:\/\/127\.0\.0\.1:9/);

  const silent = createTcp(() => {}); // takes the connection, and says nothing
  await new Promise((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.close());
  const mute = await stage(t, { attributes: `data-tracker="ws://127.0.0.1:${silent.address().port}/"` });
  await mute.open();
  assert.deepEqual(problems(await diagnosis(mute.page)), ['tracker-unreachable']);

  const folder = temporaryFolder('key');
  t.after(folder.remove);
  const key = join(folder.path, 'key');
  await runSkep(['key', 'new', '-o', key]);
  const { public: allowed } = JSON.parse(readFileSync(key, 'utf8'));
  const strangers = await startOrigin(null, { args: ['--allow-key', allowed] });
  t.after(strangers.stop);
  const refused = await stage(t, { attributes: `data-tracker="${strangers.url.replace('http', 'ws')}announce"` });
  await refused.open();
  assert.deepEqual(problems(await diagnosis(refused.page)), ['tracker-refused']);
});

test('UDP is blocked: the STUN server never answers', async (t) => {
  const { page, open } = await stage(t, { attributes: 'data-ice="stun:127.0.0.1:9"' });
  await open();
  const found = await diagnosis(page);
  assert.deepEqual(problems(found), ['udp-blocked']);
  assert.match(found.get('udp-blocked').detail, /stun:127\.0\.0\.1:9/);
});

test('the visitor: no peers wanted, not agreed, declined, paused, metered, uninstalled', async (t) => {
  const off = await stage(t, { attributes: 'data-peers="off"' });
  await off.open();
  assert.deepEqual(problems(await diagnosis(off.page)), ['peers-off']);

  const ask = await stage(t, { attributes: 'data-consent="ask" data-notice="off" data-tracker="ws://127.0.0.1:9/"' });
  await ask.open();
  // Without consent nobody is asked anything: the tracker that is not there is not noticed.
  assert.deepEqual(problems(await diagnosis(ask.page)), ['consent-missing']);
  await ask.page.evaluate(() => skep.consent(false));
  assert.deepEqual(problems(await diagnosis(ask.page)), ['consent-declined']);
  await ask.page.evaluate(() => skep.consent(true));
  await ask.page.evaluate(() => skep.pause());
  assert.deepEqual(problems(await diagnosis(ask.page)), ['paused']);
  await ask.page.evaluate(() => skep.resume());
  assert.deepEqual(problems(await diagnosis(ask.page)), ['tracker-unreachable']);

  const pretend = () => {
    const connection = Object.assign(new EventTarget(), { type: 'cellular' });
    Object.defineProperty(Navigator.prototype, 'connection', { get: () => connection });
  };
  const phone = await stage(t, { prepare: pretend });
  await phone.open();
  const found = await diagnosis(phone.page);
  assert.deepEqual([...found.keys()], ['usable', 'metered', 'alone']);
  await phone.page.evaluate(() => skep.uninstall({ forGood: true }));
  await phone.open();
  assert.deepEqual(problems(await diagnosis(phone.page)), ['uninstalled']);
});
