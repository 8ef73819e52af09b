// build-dashboard.mjs: bundles the operator's page into OUT/admin. `skep serve` carries it; visitors
// never load it and publications do not have it, so it is not part of the runtime's budget.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const name = (stem, extension, bytes) =>
  `${stem}.${createHash('sha256').update(bytes).digest('hex').slice(0, 10)}.${extension}`;

/** Writes index.html, a script and a style sheet; resolves to their sizes. */
export async function buildDashboard(here, out) {
  const bundle = async (entry) => {
    const { outputFiles } = await build({
      entryPoints: [join(here, 'dashboard', entry)],
      bundle: true,
      write: false,
      minify: true,
      format: 'esm',
      target: 'es2022',
      charset: 'utf8',
      legalComments: 'none',
      logLevel: 'warning',
    });
    return Buffer.from(outputFiles[0].contents);
  };
  const folder = join(out, 'admin');
  mkdirSync(folder, { recursive: true });
  const files = [];
  const put = (file, bytes) => {
    writeFileSync(join(folder, file), bytes);
    files.push({ path: `admin/${file}`, size: bytes.length });
    return file;
  };
  const script = await bundle('main.ts');
  const style = await bundle('style.css');
  const page = readFileSync(join(here, 'dashboard/index.html'), 'utf8')
    .replace('STYLE_FILE', put(name('style', 'css', style), style))
    .replace('SCRIPT_FILE', put(name('app', 'js', script), script));
  put('index.html', Buffer.from(page));
  return files;
}
