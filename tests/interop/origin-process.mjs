// origin-process.mjs: one `skep serve` on a free port, for tests that need no browser.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { register } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const skep = process.env.SKEP_BIN ?? join(root, 'build/native/skep');

/** Imports a package from web/node_modules, where this folder's own look-up would not find it. */
export async function webPackage(name) {
  const folder = join(root, 'web/node_modules', name);
  const { exports, main } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const entry = exports?.['.'] ?? exports;
  return import(pathToFileURL(join(folder, entry?.import ?? main ?? 'index.js')).href);
}

/** Makes every later import of the package `name` get the module at `url` instead. */
export function replacePackage(name, url) {
  const hook = `export const resolve = (specifier, context, next) =>
    specifier === ${JSON.stringify(name)} ? { url: ${JSON.stringify(String(url))}, shortCircuit: true }
                                          : next(specifier, context);`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}

/** Starts it; resolves when it prints its address. `stop()` resolves with the exit code. */
export function serve(args) {
  const child = spawn(skep, ['serve', ...args, '--port', '0'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.on('exit', (code) => resolve(code)));
  let printed = '';
  return new Promise((resolve, reject) => {
    const read = (data) => {
      printed += data;
      const match = printed.match(/http:\/\/localhost:(\d+)\//);
      if (!match) return;
      resolve({
        port: Number(match[1]),
        printed: () => printed,
        stop: (signal = 'SIGTERM') => {
          child.kill(signal);
          return ended;
        },
      });
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('exit', (code) => reject(new Error(`skep serve ended with ${code}: ${printed}`)));
  });
}
