/** test-files.ts: where the tests of this folder find what they read, wherever they are started. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const findRoot = (from: string): string => {
  if (existsSync(join(from, 'src/engine/io.hpp'))) return from;
  if (dirname(from) === from) throw new Error('run this inside of the source tree');
  return findRoot(dirname(from));
};

/** A file of the source tree, or of its build/ folder. */
export const readRepoFile = (path: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array(readFileSync(join(findRoot(process.cwd()), path)));

/** The module under test: SKEP_WASM, or what `ninja -C build/wasm` made. */
export const readEngineWasm = (): Uint8Array<ArrayBuffer> => {
  const named = process.env['SKEP_WASM'];
  return named === undefined
    ? readRepoFile('build/wasm/engine.wasm')
    : new Uint8Array(readFileSync(named));
};
