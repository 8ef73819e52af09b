// The browser runtime as an npm package: what `npm pack` puts into it, and its types in a consumer.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, temporaryFolder } from '../../tools/stage.mjs';

const dist = join(root, 'build/web/dist');

test('npm pack holds the runtime as it lies in a publication, its types, and nothing else', (t) => {
  const folder = temporaryFolder('npm');
  t.after(folder.remove);
  const pack = join(folder.path, 'package');
  execFileSync(process.execPath, [join(root, 'web/pack.mjs'), dist, pack]);
  const [packed] = JSON.parse(
    execFileSync('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder.path], { cwd: pack, stdio: ['ignore', 'pipe', 'ignore'] }),
  );
  const runtime = readdirSync(join(dist, 'rt'), { recursive: true })
    .filter((name) => /\.(js|wasm)$/.test(name))
    .map((name) => `site/.well-known/skep/rt/${name}`);
  assert.ok(runtime.some((name) => /engine\.[0-9a-f]{10}\.wasm$/.test(name)), `${runtime}`);
  assert.deepEqual(
    packed.files.map((file) => file.path).sort(),
    ['LICENSE', 'README.md', 'package.json', 'site/skep.js', 'site/skep-sw.js', 'types/skep.d.ts', ...runtime].sort(),
  );
  const consumer = join(folder.path, 'consumer');
  mkdirSync(join(consumer, 'node_modules/skep'), { recursive: true });
  execFileSync('tar', ['-xzf', join(folder.path, packed.filename), '-C', join(consumer, 'node_modules/skep'), '--strip-components=1']);
  for (const name of ['skep.js', 'skep-sw.js'])
    assert.deepEqual(readFileSync(join(consumer, 'node_modules/skep/site', name)), readFileSync(join(dist, name)));

  const check = (source) => {
    writeFileSync(join(consumer, 'page.ts'), source);
    writeFileSync(
      join(consumer, 'tsconfig.json'),
      JSON.stringify({ compilerOptions: { strict: true, noEmit: true, module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: ['skep'] }, files: ['page.ts'] }),
    );
    try {
      return execFileSync(process.execPath, [join(root, 'web/node_modules/typescript/bin/tsc'), '-p', consumer]).toString();
    } catch (failure) {
      return failure.stdout.toString();
    }
  };
  const page = "import type { Stats } from 'skep';\nconst s: Stats = skep.stats();\nconst n: number = s.bytes.peer;\nvoid skep.ready.then((r) => r.mode === 'on' && n);\n";
  assert.equal(check(page), '');
  assert.match(check(page.replace('number', 'string')), /TS2322/);
});
