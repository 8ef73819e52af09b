// check-module.mjs FILE: the module imports nothing, exports the ABI and nothing else, starts, and
// stays within its part of the runtime's download budget. Prints its size.
import { readFileSync } from 'node:fs';
import { brotliCompressSync, constants } from 'node:zlib';

const kBrotliMax = 42 * 1024; // as it is; it travels 11 % smaller (web/build.mjs has the budget)
const exported = [
  '_initialize', 'memory', 'skep_abi_version', 'skep_create', 'skep_destroy',
  'skep_handle', 'skep_input', 'skep_next_wakeup', 'skep_poll',
];

const file = process.argv[2];
const bytes = readFileSync(file);
const problems = [];
const module = new WebAssembly.Module(bytes);

const imports = WebAssembly.Module.imports(module).map((i) => `${i.module}.${i.name}`);
if (imports.length > 0) problems.push(`it imports ${imports.join(', ')}`);
const names = WebAssembly.Module.exports(module).map((e) => e.name).sort();
if (names.join() !== exported.join()) problems.push(`it exports ${names.join(', ')}`);

const brotli = brotliCompressSync(bytes, {
  params: {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_LGWIN]: 22,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  },
}).length;
if (brotli > kBrotliMax) problems.push(`${brotli} bytes of brotli are above ${kBrotliMax}`);

if (problems.length === 0) {
  const { exports } = new WebAssembly.Instance(module, {});
  exports._initialize();
  if (exports.skep_abi_version() === 0) problems.push('it does not start');
}

console.log(`engine.wasm: ${bytes.length} bytes, ${brotli} brotli (at most ${kBrotliMax})`);
for (const problem of problems) console.error(`${file}: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
