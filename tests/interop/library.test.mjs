// libskep as another project sees it: installed, found by CMake and by pkg-config, and its example, a
// whole host in under 60 lines, takes a file from a running origin.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { infoHashOf, publishedSmallSite } from '../e2e/cast.mjs';
import { root, runSkep, startOrigin, temporaryFolder } from '../../tools/stage.mjs';

const run = promisify(execFile);
const build = process.env.SKEP_BUILD ?? join(root, 'build/native');
const example = join(root, 'examples/embed-engine');

test('the installed library builds its example, which takes verified files from an origin', async (t) => {
  const folder = temporaryFolder('library');
  t.after(folder.remove);
  const prefix = join(folder.path, 'prefix');
  await run('cmake', ['--install', build, '--prefix', prefix, '--component', 'library']);

  const byCmake = join(folder.path, 'cmake');
  await run('cmake', ['-S', example, '-B', byCmake, '-G', 'Ninja', `-DCMAKE_PREFIX_PATH=${prefix}`]);
  await run('ninja', ['-C', byCmake]);
  const { stdout: found } = await run('find', [prefix, '-name', 'libskep.pc', '-printf', '%h']);
  const { stdout: flags } = await run('pkg-config', ['--cflags', '--libs', 'libskep'], { env: { ...process.env, PKG_CONFIG_PATH: found } });
  const byPkgConfig = join(folder.path, 'embed-engine');
  const more = process.env.CXXFLAGS?.split(' ') ?? []; // CMake reads it by itself
  await run('g++', [join(example, 'main.cpp'), ...more, ...flags.trim().split(/\s+/), '-pthread', '-o', byPkgConfig]);

  const lines = readFileSync(join(example, 'main.cpp'), 'utf8').trimEnd().split('\n');
  assert.ok(lines.length < 60, `${lines.length} lines`);

  const site = await publishedSmallSite();
  t.after(site.remove);
  const text = 'what compresses travels compressed; '.repeat(1000);
  mkdirSync(join(site.source, 'assets/text'));
  writeFileSync(join(site.source, 'assets/text/index.html'), text);
  await runSkep(['publish', site.source, '-o', site.out, '--key', site.key]);
  const hash = await infoHashOf(site.out);
  const origin = await startOrigin(site.out);
  t.after(origin.stop);
  const take = (program, ...args) => run(program, ['localhost', String(origin.port), ...args], { encoding: 'buffer', maxBuffer: 1 << 28 });
  for (const program of [join(byCmake, 'embed-engine'), byPkgConfig])
    for (const path of ['assets/data/pack-9.bin', 'assets/data/pack-1.bin', 'assets/naïve – 名前 & more.bin']) {
      const { stdout } = await take(program, hash, path);
      assert.equal(createHash('sha256').update(stdout).digest('hex'), site.assets.get(path).sha256, path);
    }

  // What peers exchange compressed comes as that.
  for (const path of ['assets/text/index.html', 'assets/text/']) {
    const { stdout: packed } = await take(byPkgConfig, hash, path);
    assert.equal(gunzipSync(packed).toString(), text, path);
  }

  // What it refuses.
  await assert.rejects(take(byPkgConfig, hash, 'account-settings.json'), /no such file/);
  await assert.rejects(take(byPkgConfig, 'f'.repeat(64), 'index.html'), /404/);
  await assert.rejects(take(byPkgConfig, 'nonsense', 'index.html'), /usage/);
  const file = join(site.out, 'assets/data/pack-9.bin');
  const bytes = readFileSync(file);
  bytes[1_000_000] ^= 1;
  writeFileSync(file, bytes);
  await assert.rejects(take(byPkgConfig, hash, 'assets/data/pack-9.bin'), /other bytes/);
});
