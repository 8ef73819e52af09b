// A real site somebody else made: Debian's libstdc++ manual, 8,800 files, 137 MB, with nothing added but
// labels and the script tag.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, runSkep, startOrigin, temporaryFolder, until } from '../../tools/stage.mjs';
import { assetBytes, storedFiles, untilPagesKept, visit } from './cast.mjs';
import { assetsOf } from './small-site.mjs';

const packageName = 'libstdc++-12-doc';

/** The manual's files, unpacked once below build/. */
function manual() {
  const cache = join(root, 'build/real-site');
  const unpacked = join(cache, 'usr/share/doc/gcc-12-base/libstdc++');
  if (!existsSync(unpacked)) {
    mkdirSync(cache, { recursive: true });
    execFileSync('apt-get', ['download', '-qq', packageName], { cwd: cache, stdio: ['ignore', 'ignore', 'pipe'] });
    const deb = readdirSync(cache).find((name) => name.endsWith('.deb'));
    execFileSync('dpkg-deb', ['-x', deb, '.'], { cwd: cache });
  }
  return unpacked;
}

test('a manual of 137 MB: the second reader takes it from the first, and has it off line', async (t) => {
  const folder = temporaryFolder('manual');
  t.after(folder.remove);
  const source = join(folder.path, 'source');
  const out = join(folder.path, 'out');
  cpSync(manual(), source, { recursive: true, verbatimSymlinks: true });
  writeFileSync(join(source, 'skep.toml'), '[labels]\nshare = ["**"]\n\n[offline]\npages = ["index.html"]\n');
  await runSkep(['key', 'new', '-o', join(folder.path, 'key')]);
  const report = JSON.parse(await runSkep(['publish', source, '-o', out, '--key', join(folder.path, 'key'), '--inject', '--json']));
  t.diagnostic(JSON.stringify(report));

  const published = assetsOf(out, '.');
  const shared = JSON.parse(await runSkep(['show', '--json', join(out, '.well-known/skep', readdirSync(join(out, '.well-known/skep')).find((n) => n.endsWith('.torrent')))]));
  // Text travels compressed, as a file of its own; readers ask for the plain name.
  const all = shared.files.filter((f) => published.get(f.path).size > 0);
  // Its readers open the thousand largest files, and every twentieth of the thousands of small ones.
  const plainSize = (f) => published.get(f.encoding ? f.path.replace(/\.gz$/, '') : f.path).size;
  const files = all.sort((a, b) => plainSize(b) - plainSize(a)).filter((_, i) => i < 1000 || i % 20 === 0);
  const paths = files.map((f) => (f.encoding ? f.path.replace(/\.gz$/, '') : f.path));
  const plain = paths.reduce((sum, p) => sum + published.get(p).size, 0);
  assert.ok(plain >= 100e6 && paths.length >= 1000, `${paths.length} files, ${plain} bytes`);
  const bytes = files.reduce((sum, f) => sum + published.get(f.path).size, 0);

  const origin = await startOrigin(out, { rate: 200 });
  t.after(origin.stop);
  const readAll = (visitor, which = paths) =>
    visitor.page.evaluate(async (names) => {
      const hex = (b) => [...new Uint8Array(b)].map((x) => x.toString(16).padStart(2, '0')).join('');
      const out = {};
      const queue = [...names];
      const one = async () => {
        for (let name = queue.pop(); name; name = queue.pop()) {
          const response = await fetch(name.split('/').map(encodeURIComponent).join('/'));
          out[name] = hex(await crypto.subtle.digest('SHA-256', await response.arrayBuffer()));
        }
      };
      await Promise.all(Array.from({ length: 12 }, one));
      return out;
    }, which);
  const assertRight = (results, which = paths) => {
    for (const path of which) assert.equal(results[path], published.get(path).sha256, path);
  };

  const first = await visit(origin.url, { name: 'first' });
  t.after(first.close);
  let started = Date.now();
  assertRight(await readAll(first));
  t.diagnostic(`first reader: ${((Date.now() - started) / 1000).toFixed(1)} s`);
  const distinct = new Set(files.map((f) => published.get(f.path).sha256)).size;
  await until('the first reader has kept it all', async () => (await storedFiles(first)).length >= distinct, { timeoutMs: 60_000, everyMs: 1000 });

  const second = await visit(origin.url, { name: 'second' });
  t.after(second.close);
  const from = origin.log().length;
  started = Date.now();
  assertRight(await readAll(second));
  const sent = assetBytes(origin, from, '/');
  t.diagnostic(`second reader: ${((Date.now() - started) / 1000).toFixed(1)} s, the origin sent ${((100 * sent) / bytes).toFixed(1)} %`);
  assert.ok(sent <= 0.05 * bytes, `the origin sent ${sent} of ${bytes} bytes`);
  // The manual has no icon of its own: Chromium asks for /favicon.ico and reports the 404.
  assert.deepEqual(second.complaints.filter((c) => !c.includes('/favicon.ico')), []);

  // The origin is gone: the one who read it has it all.
  await until('the second reader has kept it all', async () => (await storedFiles(second)).length >= distinct, { timeoutMs: 60_000, everyMs: 1000 });
  await untilPagesKept(second, out);
  await second.page.goto('about:blank');
  await origin.stop();
  await second.page.goto(origin.url);
  assert.match(await second.page.title(), /GNU C\+\+ Library/);
  const some = paths.filter((_, i) => i % 8 === 0);
  assertRight(await readAll(second, some), some);
});
