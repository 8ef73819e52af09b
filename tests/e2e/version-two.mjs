// version-two.mjs: changes a publication's runtime, as the next release of Skep, or an accident, would.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const rt = '.well-known/skep/rt';

/** Replaces a file of the publication; what was compressed of it goes. */
export function replace(out, path, content) {
  for (const end of ['.br', '.gz']) rmSync(join(out, path + end), { force: true });
  writeFileSync(join(out, path), content);
}

/** Paths of the runtime's hashed parts that every visitor loads. */
export const parts = (out) =>
  readdirSync(join(out, rt))
    .filter((name) => /\.(js|wasm)$/.test(name))
    .map((name) => `${rt}/${name}`);

/** A runtime that says which one it is: the page in `runtimeVersion`, the service worker when asked. */
export function release(out, version) {
  const loader = readFileSync(join(out, 'skep.js'), 'utf8');
  const page = parts(out).find((path) => loader.includes(basename(path)) && path.includes('/runtime.'));
  const code = readFileSync(join(out, page), 'utf8').replace(/^globalThis\.runtimeVersion=\d+;/, '');
  const next = `globalThis.runtimeVersion=${version};${code}`;
  const hash = createHash('sha256').update(next).digest('hex').slice(0, 10);
  const path = `${dirname(page)}/runtime.${hash}.js`;
  writeFileSync(join(out, path), next);
  replace(out, 'skep.js', loader.replace(basename(page), basename(path)));
  const worker = readFileSync(join(out, 'skep-sw.js'), 'utf8').replace(/^self\.addEventListener\('message',e=>e\.data\?\.which.*\n/, '');
  replace(out, 'skep-sw.js', `self.addEventListener('message',e=>e.data?.which&&e.ports[0].postMessage(${version}));\n${worker}`);
}

/** The version of the service worker that controls the page; null: none does. */
export const controllingVersion = (page) =>
  page.evaluate(
    () =>
      new Promise((resolve) => {
        const { controller } = navigator.serviceWorker;
        if (!controller) return resolve(null);
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = ({ data }) => resolve(data);
        setTimeout(resolve, 2000, 0);
        controller.postMessage({ which: true }, [port2]);
      }),
  );
