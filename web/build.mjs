// build.mjs: bundles the browser runtime.
//
//   node build.mjs [ENGINE_WASM] [OUT] [ENGINE_TS]
//
// By default from ../build/wasm/engine.wasm to ../build/web/dist. ENGINE_TS replaces engine/engine.ts
// (tests of the realms bring an engine of their own).
// OUT/skep.js, OUT/skep-sw.js, OUT/rt/{runtime,engine}.<hash>.*, OUT/rt/more/* (what only some
// visitors load), OUT/types/skep.d.ts and OUT/manifest.json. Fails when what every visitor loads
// outgrows its budget. Runs on Node 18.
import { build } from 'esbuild';
import { minify } from 'terser';
import { buildDashboard } from './build-dashboard.mjs';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants } from 'node:zlib';

const here = dirname(fileURLToPath(import.meta.url));
const wasm = process.argv[2] ?? join(here, '../build/wasm/engine.wasm');
const out = process.argv[3] ?? join(here, '../build/web/dist');
const engineSource = process.argv[4];

// What a first visit downloads, compressed; what a page waits for is the loader alone.
const kTotalMax = 55 * 1024; // WebTorrent's minified bundle, compressed
const kLoaderMax = 5 * 1024;

const sha256 = (bytes) => createHash('sha256').update(bytes).digest('hex');
const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  }).length;

const replaceEngine = {
  name: 'replace-engine',
  setup(hooks) {
    hooks.onResolve({ filter: /engine\/engine\.js$/ }, () => ({ path: resolve(engineSource) }));
  },
};

/**
 * Why a decoder refuses something is for its tests and for whoever debugs it; a visitor need not download
 * the sentences, only the kind of error.
 */
const withoutReasons = {
  name: 'without-reasons',
  setup(hooks) {
    hooks.onLoad({ filter: /(bencode|engine\/(codec|engine))\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replace(
        /\brefuse\((?:'[^']*'|`[^`]*`)\)/g,
        "refuse('')",
      ),
      loader: 'ts',
    }));
  },
};

/**
 * Names of private members, for the minifier: those that are nowhere else a name that must stay, in the
 * browser's interfaces, in a message between realms, in a frame, or in the page's own API.
 */
function privateNames() {
  const read = (file) => readFileSync(join(here, file), 'utf8');
  const sources = ['engine', 'worker', 'page', 'sw', 'more'].flatMap((folder) =>
    readdirSync(join(here, folder))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => read(join(folder, file))),
  );
  const all = (texts, pattern) => texts.flatMap((t) => [...t.matchAll(pattern)].map((m) => m[1]));
  const lib = ['dom', 'dom.iterable', 'webworker', 'es5', 'es2015.core', 'es2015.collection'];
  const libs = lib.map((name) => read(`node_modules/typescript/lib/lib.${name}.d.ts`));
  const kept = new Set([
    ...all(libs, /\b(\w+)\b/g),
    ...all(
      ['messages.ts', 'types/skep.d.ts', 'engine/io.ts', 'engine/schema.ts'].map(read),
      /(\w+)/g,
    ),
    ...all(sources, /['"`.[](\w+)['"`\]]/g),
  ]);
  const names = all(sources, /\bprivate (?:static |readonly |async )*(\w+)/g);
  return [...new Set(names)].filter((name) => !kept.has(name));
}
const mangleProps = new RegExp(`^(?:${privateNames().join('|')})$`);

/** A name is the same in every bundle: what is loaded on demand shares objects with the runtime. */
let mangleCache = {};

/** Settings of the second minifier, and what is tried beside them. */
const kCompress = {
  passes: 3,
  keep_fargs: false,
  inline: 1,
  sequences: false,
  unsafe_arrows: true,
};
const kVariants = [
  {},
  { sequences: true },
  { side_effects: false },
  { if_return: false },
  { inline: 2 },
  { pure_getters: true },
  { pure_getters: true, sequences: true },
  { pure_getters: true, if_return: false },
];

async function bundle(entry, format, define = {}) {
  const built = await build({
    entryPoints: [join(here, entry)],
    bundle: true,
    write: false,
    minify: true,
    format,
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    mangleProps,
    mangleCache,
    define,
    logLevel: 'warning',
    plugins: [withoutReasons, ...(engineSource ? [replaceEngine] : [])],
  });
  mangleCache = built.mangleCache;
  // A second minifier takes another 3 % off what the first one leaves. What compresses best is a matter of
  // luck, up to 1 %: every one of these is tried.
  const variants = [];
  for (const more of kVariants) {
    const { code } = await minify(built.outputFiles[0].text, {
      module: format === 'esm',
      ecma: 2020,
      compress: { ...kCompress, ...more },
      format: { wrap_func_args: false },
    });
    variants.push(Buffer.from(code));
  }
  return variants.reduce((best, next) => (brotli(next) < brotli(best) ? next : best));
}

/** What a TypeScript module exports, for use here. */
async function load(entry) {
  const code = await bundle(entry, 'esm');
  return import(`data:text/javascript;base64,${code.toString('base64')}`);
}

/** The module as a visitor downloads it (engine/split.ts). */
async function travelling(module) {
  const { split, unsplit } = await load('engine/split.ts');
  const halves = split(module);
  if (!module.equals(unsplit(halves))) throw new Error('web: the split engine does not come back');
  return halves;
}

const files = [];
function put(path, bytes) {
  mkdirSync(dirname(join(out, path)), { recursive: true });
  writeFileSync(join(out, path), bytes);
  files.push({ path, sha256: sha256(bytes), size: bytes.length, brotli: brotli(bytes) });
  return path;
}
const hashed = (name, extension, bytes) =>
  put(`rt/${name}.${sha256(bytes).slice(0, 10)}.${extension}`, bytes);

let engine;
try {
  engine = readFileSync(wasm);
} catch {
  console.error(`web: there is no ${wasm}: build the engine first (./dev build)`);
  process.exit(1);
}
rmSync(out, { recursive: true, force: true });
const engineFile = hashed('engine', 'wasm', engineSource ? engine : await travelling(engine));
// The frames' shape number, as engine/schema.ts computes it.
const shape = (await load('engine/schema.ts')).shape();
/** The names of files, for the bundles that load them. */
const names = { ENGINE_FILE: JSON.stringify(engineFile), SHAPE: String(shape) };
for (const entry of readdirSync(join(here, 'more')).filter((file) => file.endsWith('.ts'))) {
  const name = entry.slice(0, -3);
  const file = hashed(`more/${name}`, 'js', await bundle(`more/${entry}`, 'esm'));
  names[`MORE.${name}`] = JSON.stringify(file);
}
const runtimeFile = hashed('runtime', 'js', await bundle('runtime.ts', 'iife', names));
names.RUNTIME_FILE = JSON.stringify(runtimeFile);
put('skep.js', await bundle('page/skep.ts', 'esm', names));
put('skep-sw.js', await bundle('sw/sw.ts', 'iife'));
writeFileSync(join(out, 'manifest.json'), `${JSON.stringify({ files }, null, 2)}\n`);
mkdirSync(join(out, 'types'), { recursive: true });
writeFileSync(join(out, 'types/skep.d.ts'), readFileSync(join(here, 'types/skep.d.ts')));

const dashboard = await buildDashboard(here, out);
const row = (name, size, compressed) =>
  console.log(`${name.padEnd(32)}${String(size).padStart(9)}${String(compressed).padStart(9)}`);
row('browser runtime', 'bytes', 'brotli');
const onDemand = ({ path }) => path.startsWith('rt/more/');
const sum = (list, what) => list.reduce((all, file) => all + file[what], 0);
const core = files.filter((file) => !onDemand(file));
const total = sum(core, 'brotli');
for (const file of core) row(file.path, file.size, file.brotli);
row('total', sum(core, 'size'), total);
for (const file of files.filter(onDemand)) row(`${file.path} (on demand)`, file.size, file.brotli);

for (const file of dashboard) row(`${file.path} (no visitor's)`, file.size, '');

const loader = files.find((file) => file.path === 'skep.js').brotli;
if (total > kTotalMax || loader > kLoaderMax) {
  console.error(
    `web: over budget: ${total} of ${kTotalMax} bytes, loader ${loader} of ${kLoaderMax}`,
  );
  process.exit(1);
}
