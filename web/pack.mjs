// pack.mjs: the browser runtime as an npm package.
//
//   node pack.mjs [DIST] [OUT]
//
// From ../build/web/dist (what build.mjs made) to ../build/web/npm, ready for `npm pack` or `npm publish`:
//   site/        the files as they lie in a publication; copy them to a site's root
//   types/       skep.d.ts: the global `skep` of a page
// The version is CMake's: the runtime and the program that publishes belong together.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const dist = process.argv[2] ?? join(here, '../build/web/dist');
const out = process.argv[3] ?? join(here, '../build/web/npm');

const cmake = readFileSync(join(here, '../CMakeLists.txt'), 'utf8');
const [, version] = cmake.match(/project\(skep VERSION (\d+\.\d+\.\d+)/);

rmSync(out, { recursive: true, force: true });
const site = join(out, 'site');
const put = (from, to) => {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to);
};
for (const name of ['skep.js', 'skep-sw.js']) put(join(dist, name), join(site, name));
const parts = readdirSync(join(dist, 'rt'), { recursive: true });
for (const name of parts.filter((part) => /\.(js|wasm)$/.test(part)))
  put(join(dist, 'rt', name), join(site, '.well-known/skep/rt', name));
put(join(dist, 'types/skep.d.ts'), join(out, 'types/skep.d.ts'));
put(join(here, '../LICENSE'), join(out, 'LICENSE'));
put(join(here, 'PACKAGE.md'), join(out, 'README.md'));
const description = {
  name: 'skep',
  version,
  description: "Visitors of a web site serve its static content to each other: the browser's part",
  license: 'Apache-2.0',
  type: 'module',
  types: './types/skep.d.ts',
  exports: {
    '.': { types: './types/skep.d.ts', default: './site/skep.js' },
    './site/*': './site/*',
    './package.json': './package.json',
  },
  files: ['site', 'types'],
  sideEffects: true,
};
writeFileSync(join(out, 'package.json'), `${JSON.stringify(description, null, 2)}\n`);
