// Text between peers: one compressed form per file, decoded for the page; never more bytes than gzip
// over HTTP moves, and plain HTTP where a browser cannot decode.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runSkep, startOrigin, temporaryFolder, until } from '../../tools/stage.mjs';
import { storedFiles, visit } from './cast.mjs';

const words = 'comb honey brood queen drone worker nectar pollen swarm skep hive wax'.split(' ');
/** Text that compresses as text does, different for every name. */
function text(name, size) {
  let out = `/* ${name} */\n`;
  let state = createHash('sha256').update(name).digest();
  while (out.length < size) {
    state = createHash('sha256').update(state).digest();
    out += [...state].map((byte) => words[byte % words.length]).join(' ') + '\n';
  }
  return out.slice(0, size);
}

const assets = {
  'assets/app.js': text('app', 150_000),
  'assets/lib/naïve & co.mjs': text('lib', 40_000),
  'assets/style.css': text('style', 90_000),
  'assets/words.json': JSON.stringify(text('words', 400_000)),
  'assets/hive.svg': `<svg xmlns="http://www.w3.org/2000/svg"><desc>${text('hive', 30_000)}</desc></svg>`,
  'assets/docs/index.html': `<!doctype html><title>Docs</title><p>${text('docs', 60_000)}`,
  'assets/tiny.txt': 'too small to gain from it\n',
};
const types = {
  'assets/app.js': 'text/javascript; charset=utf-8',
  'assets/style.css': 'text/css; charset=utf-8',
  'assets/words.json': 'application/json',
  'assets/hive.svg': 'image/svg+xml',
  'assets/docs/': 'text/html',
};

async function published() {
  const folder = temporaryFolder('text');
  const source = join(folder.path, 'source');
  const out = join(folder.path, 'out');
  const put = (path, bytes) => {
    mkdirSync(join(source, path, '..'), { recursive: true });
    writeFileSync(join(source, path), bytes);
  };
  for (const [path, content] of Object.entries(assets)) put(path, content);
  put('index.html', '<!doctype html><title>Text</title><link rel="icon" href="data:,"><script type="module" src="skep.js"></script>');
  put('skep.toml', '[labels]\nshare = ["assets/**"]\n');
  await runSkep(['key', 'new', '-o', join(folder.path, 'key')]);
  await runSkep(['publish', source, '-o', out, '--key', join(folder.path, 'key')]);
  const packed = (path) => {
    try {
      return statSync(join(out, `${path}.gz`)).size;
    } catch {
      return statSync(join(out, path)).size;
    }
  };
  return {
    out,
    remove: folder.remove,
    /** What gzip over HTTP would move for all of it. */
    gzipBytes: Object.keys(assets).reduce((sum, path) => sum + packed(path), 0),
  };
}

const url = (path) => path.split('/').map(encodeURIComponent).join('/');
async function loadAll(visitor) {
  const got = await visitor.page.evaluate(
    (paths) =>
      Promise.all(
        paths.map(async (path) => {
          const response = await fetch(path);
          const { status, headers } = response;
          return { status, type: headers.get('content-type'), encoding: headers.get('content-encoding'), length: headers.get('content-length'), text: await response.text() };
        }),
      ),
    Object.keys(assets).map(url),
  );
  Object.entries(assets).forEach(([path, content], i) => {
    assert.equal(got[i].status, 200, path);
    assert.ok(got[i].text === content, `${path} differs`);
    if (types[path]) assert.equal(got[i].type, types[path]);
  });
  return got;
}

test('text is exchanged compressed, decoded for the page, offline too', async (t) => {
  const site = await published();
  t.after(site.remove);
  const origin = await startOrigin(site.out, { rate: 20 });
  t.after(origin.stop);
  const first = await visit(origin.url, { name: 'first' });
  t.after(first.close);
  await loadAll(first);
  await until('it is kept', async () => (await storedFiles(first)).length === Object.keys(assets).length);
  const sizes = new Map((await storedFiles(first)).map((file) => [file.size, file.name]));
  assert.ok(sizes.has(statSync(join(site.out, 'assets/app.js.gz')).size), 'what is kept is the compressed form');

  const second = await visit(origin.url, { name: 'second' });
  t.after(second.close);
  await until('they know each other', () => second.page.evaluate(() => skep.stats().peers.length > 0));
  const from = origin.log().length;
  const got = await loadAll(second);
  for (const { encoding, length, text: body } of got) {
    assert.equal(encoding, null, 'no Content-Encoding: the body is decoded');
    if (length !== null) assert.equal(Number(length), new TextEncoder().encode(body).length);
  }
  assert.deepEqual(origin.log().slice(from).filter((line) => line.path.startsWith('/assets/')), [], 'all of it came from the first');
  await until('the page says so', () => second.page.evaluate(() => skep.stats().bytes.peer > 0));
  const moved = await second.page.evaluate(() => skep.stats().bytes.peer);
  t.diagnostic(`${moved} bytes between peers, ${site.gzipBytes} by gzip over HTTP`);
  assert.ok(moved <= site.gzipBytes, 'never more than gzip over HTTP');

  // Elements take them, too: a script, a style sheet, a picture, a module.
  const used = await second.page.evaluate(async () => {
    const loaded = (element, attributes) =>
      new Promise((resolve) => {
        Object.assign(element, attributes);
        element.onload = () => resolve(true);
        element.onerror = () => resolve(false);
        document.head.append(element);
      });
    const directory = await (await fetch('assets/docs/')).text();
    return [
      await loaded(document.createElement('link'), { rel: 'stylesheet', href: 'assets/style.css' }),
      await loaded(document.createElement('img'), { src: 'assets/hive.svg' }),
      directory.includes('<title>Docs</title>'),
    ];
  });
  assert.deepEqual(used, [true, true, true]);
  // A part of the decoded file is the origin's business.
  const part = await second.page.evaluate(async () => {
    const response = await fetch('assets/app.js', { headers: { Range: 'bytes=3-5' } });
    return [response.status, response.headers.get('content-range'), await response.text()];
  });
  assert.deepEqual(part, [206, 'bytes 3-5/150000', assets['assets/app.js'].slice(3, 6)]);
  assert.deepEqual(first.complaints, []);
  assert.deepEqual(second.complaints, []);

  await origin.stop();
  await loadAll(second);
});

test('a browser that cannot decode them loads them by plain HTTP', async (t) => {
  const site = await published();
  t.after(site.remove);
  const runtime = join(site.out, '.well-known/skep/rt');
  for (const name of readdirSync(runtime)) {
    if (!name.startsWith('runtime.')) continue;
    const path = join(runtime, name);
    if (name.endsWith('.js')) writeFileSync(path, `delete self.DecompressionStream;${readFileSync(path, 'utf8')}`);
    else rmSync(path);
  }
  const origin = await startOrigin(site.out);
  t.after(origin.stop);
  const visitor = await visit(origin.url);
  t.after(visitor.close);
  await loadAll(visitor);
  const lines = origin.log().filter((line) => line.path.startsWith('/assets/'));
  assert.equal(lines.filter((line) => line.path.endsWith('.gz')).length, 0);
  assert.ok(lines.length >= Object.keys(assets).length);
  assert.deepEqual(visitor.complaints, []);
});
