// test.mjs: bundles every *.test.ts below this folder and runs them with node:test, then the tests of
// the realms in Chromium (test/browser). Arguments are passed on to node (--test-name-pattern=…).
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const out = join(here, '../build/web/test');

const sources = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : sources(path);
    return entry.name.endsWith('.test.ts') ? [path] : [];
  });

const tests = sources(here);
rmSync(out, { recursive: true, force: true });
await build({
  entryPoints: tests,
  outdir: out,
  outbase: here,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node18',
  sourcemap: 'inline',
  packages: 'external',
  logLevel: 'warning',
});
const built = tests.map((path) => join(out, relative(here, path).replace(/\.ts$/, '.mjs')));

function run(files) {
  const args = ['--enable-source-maps', '--test', ...process.argv.slice(2), ...files];
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' });
  return status === 0;
}
const parts = run(built);

const browser = join(here, 'test/browser');
const toy = ['/dev/null', join(here, '../build/web/toy'), join(browser, 'toy-engine.ts')];
const { status } = spawnSync(process.execPath, [join(here, 'build.mjs'), ...toy], {
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (status !== 0) process.exit(status ?? 1);
const realms = run([join(browser, 'realms.test.mjs')]);
process.exit(parts && realms ? 0 : 1);
