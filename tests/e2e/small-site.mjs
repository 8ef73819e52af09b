// small-site.mjs: a deterministic site for the end-to-end tests: bitmaps of many sizes, data files, a
// private folder, an offline page. Small enough that a shaped origin serves it in seconds.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

function noise(seed, size) {
  // A counter-mode hash: incompressible, the same everywhere.
  const out = Buffer.alloc(size);
  for (let at = 0, n = 0; at < size; at += 32, n += 1)
    createHash('sha256').update(`${seed}/${n}`).digest().copy(out, at);
  return out;
}

function bitmap(seed, width, height) {
  const rowSize = Math.ceil((width * 3) / 4) * 4;
  const header = Buffer.alloc(54);
  header.write('BM');
  header.writeUInt32LE(54 + rowSize * height, 2);
  header.writeUInt32LE(54, 10);
  header.writeUInt32LE(40, 14);
  header.writeInt32LE(width, 18);
  header.writeInt32LE(height, 22);
  header.writeUInt16LE(1, 26);
  header.writeUInt16LE(24, 28);
  return Buffer.concat([header, noise(seed, rowSize * height)]);
}

const page = (title, script) => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title}</title>
<link rel="icon" href="data:,">
${script}
</head><body><h1>${title}</h1><div id="pictures"></div>
<script src="load.js"></script></body></html>
`;

const loader = `
// Fetches every asset, shows every picture; used by the tests once Skep is ready.
globalThis.loadAll = async (parallel = 6) => {
  const names = await (await fetch('list.json')).json();
  const results = {};
  const hex = (b) => [...new Uint8Array(b)].map((x) => x.toString(16).padStart(2, '0')).join('');
  const queue = [...names];
  const one = async () => {
    for (let name = queue.shift(); name; name = queue.shift()) {
      const response = await fetch(name);
      const body = await response.arrayBuffer();
      results[name] = { status: response.status, sha256: hex(await crypto.subtle.digest('SHA-256', body)) };
      if (name.endsWith('.bmp')) {
        const img = new Image();
        img.src = name;
        document.getElementById('pictures').append(img);
        await img.decode().then(() => (results[name].width = img.naturalWidth), () => (results[name].broken = true));
      }
    }
  };
  await Promise.all(Array.from({ length: parallel }, one));
  return results;
};
`;

/**
 * Writes the site into `folder`. `script` is what stands in the head of its pages.
 * @returns {{folder: string, assets: Map<string, {size: number, sha256: string}>, bytes: number, stored: number}}
 */
export function makeSmallSite(folder, { script = '<script type="module" src="skep.js"></script>', scale = 1 } = {}) {
  const put = (path, bytes) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  };
  for (let i = 0; i < 20; i += 1) {
    const side = Math.round((24 + i * 16) * Math.sqrt(scale));
    put(`assets/picture-${String(i).padStart(2, '0')}.bmp`, bitmap(`picture ${i}`, side, side));
  }
  const sizes = [0, 1, 100, 16384, 16385, 65536, 65537, 200_000, 700_000, 3_000_000];
  sizes.forEach((size, i) => put(`assets/data/pack-${i}.bin`, noise(`pack ${i}`, Math.round(size * (size > 70_000 ? scale : 1)))));
  // Files of equal content, asked for at the same time.
  for (let i = 0; i < 12; i += 1) put(`assets/twins/${i}.bin`, noise(`twin ${i % 3}`, 30_000 + (i % 3)));
  put('assets/naïve – 名前 & more.bin', noise('name', 50_000));
  put('private/secret-plans.txt', 'nobody but the origin may tell this\n');
  put('private/members.bin', noise('members', 100_000));
  put('account-settings.json', '{"private": true}\n');
  put('load.js', loader);
  put('index.html', page('Small site', script));
  put('other.html', page('Other page', script));
  put('skep.toml', '[labels]\nshare = ["assets/**"]\nprivate = ["private/**"]\n\n[offline]\npages = ["index.html", "load.js", "list.json"]\n');
  const assets = assetsOf(folder, 'assets');
  put('list.json', JSON.stringify([...assets.keys()].map((p) => p.split('/').map(encodeURIComponent).join('/'))));
  return {
    folder,
    assets,
    bytes: [...assets.values()].reduce((sum, a) => sum + a.size, 0),
    /** Files that a store holds when it has all: equal files are one, empty ones none. */
    stored: new Set([...assets.values()].filter((a) => a.size > 0).map((a) => a.sha256)).size,
  };
}

/** Every file below `folder/under`: path relative to `folder` → size and SHA-256. */
export function assetsOf(folder, under) {
  const found = new Map();
  const walk = (dir) => {
    for (const name of readdirSync(dir).sort()) {
      const path = join(dir, name);
      if (statSync(path).isDirectory()) walk(path);
      else {
        const bytes = readFileSync(path);
        found.set(relative(folder, path), { size: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') });
      }
    }
  };
  walk(join(folder, under));
  return found;
}
