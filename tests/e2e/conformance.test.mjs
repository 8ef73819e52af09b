// A table of requests, each run without Skep and with it (first through the engine, then from the store)
// against the same origin: what a page can see of the answers is the same. In Chromium and in Firefox.
//
// Different by design, and not compared: ETag, Last-Modified, Cache-Control and the headers of cross-origin access (the
// site map has none: they are the server's), `type` (basic or default), and of compressed files
// Content-Encoding and Content-Length (a page sees the decoded body either way).
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import { openVisitor, runSkep, startOrigin, temporaryFolder, until } from '../../tools/stage.mjs';
import { storedFiles, visit } from './cast.mjs';

const noise = (name, size) => {
  const out = Buffer.alloc(size);
  for (let at = 0, n = 0; at < size; at += 32, n += 1) createHash('sha256').update(`${name}/${n}`).digest().copy(out, at);
  return out;
};
const bitmap = Buffer.concat([Buffer.from('424d8a000000000000003600000028000000050000000500000001001800000000005400000000000000000000000000000000000000', 'hex'), noise('bitmap', 84)]);
const script = `export const word = 'queen';\nglobalThis.ran = (globalThis.ran ?? 0) + 1;\n${'// drones hum in the hive all summer long\n'.repeat(100)}`;
const files = {
  'assets/data.bin': noise('data', 300_000),
  // The HTTP cache cuts ranges out of what it has whole, in its own way: these are never loaded whole.
  'assets/ranges.bin': noise('ranges', 300_000),
  'assets/ranges.js': script.replace('queen', 'range'),
  'assets/empty-ranges.txt': '',
  'assets/other.bin': noise('other', 70_000),
  'assets/big.bin': noise('big', 4_000_000),
  'assets/empty.txt': '',
  'assets/picture.bmp': bitmap,
  'assets/app.js': script,
  'assets/classic.js': script.replace('export const', 'var'),
  'assets/worker.js': `postMessage('buzz');\n${'// workers work\n'.repeat(100)}`,
  'assets/style.css': `body { color: rgb(1, 2, 3); }\n${'/* wax and honey and wax */\n'.repeat(100)}`,
  'assets/words.json': JSON.stringify({ words: 'nectar pollen '.repeat(500) }),
  'assets/docs/index.html': `<!doctype html><title>Docs</title>${'<p>comb</p>'.repeat(200)}`,
  'assets/naïve & co.txt': 'brood comb '.repeat(100),
  'assets/never.bin': noise('never', 20_000),
};
const integrity = (path) => `sha256-${createHash('sha256').update(files[path]).digest('base64')}`;
const range = (value, more = {}) => ({ headers: { Range: value, ...more } });

/** name → [URL, options of fetch, what else is done]. */
const rows = {
  'a file as it is': ['assets/data.bin'],
  'an empty file': ['assets/empty.txt'],
  'a script, compressed': ['assets/app.js'],
  'a style sheet, compressed': ['assets/style.css'],
  'JSON, compressed': ['assets/words.json'],
  'a directory': ['assets/docs/'],
  'a page as a file': ['assets/docs/index.html'],
  'a name of many characters': ['assets/na%C3%AFve%20%26%20co.txt'],
  'a name encoded without need': ['assets/%64ata.bin'],
  'an encoded slash': ['assets%2Fdata.bin'],
  'a fragment': ['assets/data.bin#part'],
  'a query': ['assets/data.bin?v=1'],
  'an empty query': ['assets/data.bin?'],
  'a query on text': ['assets/app.js?x'],
  'not there': ['assets/no-such.bin'],
  'not there, outside': ['no-such'],
  'a directory without its slash': ['assets/docs'],
  'a redirect, by hand': ['assets/docs', { redirect: 'manual' }],
  'a redirect, refused': ['assets/docs', { redirect: 'error' }],
  'redirects refused, there is none': ['assets/data.bin', { redirect: 'error' }],
  HEAD: ['assets/data.bin', { method: 'HEAD' }],
  'HEAD, not there': ['assets/no-such.bin', { method: 'HEAD' }],
  POST: ['assets/data.bin', { method: 'POST', body: 'x' }],
  PUT: ['assets/app.js', { method: 'PUT', body: 'x' }],
  'If-None-Match, the same': ['assets/data.bin', {}, 'etag'],
  'If-None-Match, the same, text': ['assets/app.js', {}, 'etag'],
  'If-None-Match, another': ['assets/data.bin', { headers: { 'If-None-Match': '"other"' } }],
  'If-Modified-Since, later': ['assets/data.bin', { headers: { 'If-Modified-Since': 'Fri, 01 Jan 2100 00:00:00 GMT' } }],
  'If-Modified-Since, before': ['assets/data.bin', { headers: { 'If-Modified-Since': 'Sat, 01 Jan 2000 00:00:00 GMT' } }],
  'If-Match, another': ['assets/data.bin', { headers: { 'If-Match': '"other"' } }],
  'cache: no-store': ['assets/data.bin', { cache: 'no-store' }],
  'cache: reload': ['assets/app.js', { cache: 'reload' }],
  'cache: no-cache': ['assets/data.bin', { cache: 'no-cache' }],
  'cache: force-cache': ['assets/app.js', { cache: 'force-cache' }],
  'cache: only-if-cached': ['assets/never.bin', { cache: 'only-if-cached', mode: 'same-origin' }],
  'range: first byte': ['assets/ranges.bin', range('bytes=0-0')],
  'range: first half': ['assets/ranges.bin', range('bytes=0-149999')],
  'range: middle': ['assets/ranges.bin', range('bytes=70000-140000')],
  'range: last bytes': ['assets/ranges.bin', range('bytes=-100')],
  'range: more than all, last': ['assets/ranges.bin', range('bytes=-99999999')],
  'range: to the end': ['assets/ranges.bin', range('bytes=299990-')],
  'range: beyond the end, cut': ['assets/ranges.bin', range('bytes=299990-400000')],
  'range: all of it': ['assets/ranges.bin', range('bytes=0-')],
  'range: not satisfiable': ['assets/ranges.bin', range('bytes=300000-')],
  'range: last nothing': ['assets/ranges.bin', range('bytes=-0')],
  'range: backwards': ['assets/ranges.bin', range('bytes=5-2')],
  'range: other units': ['assets/ranges.bin', range('items=0-5')],
  'range: no numbers': ['assets/ranges.bin', range('bytes=-')],
  'range: of an empty file': ['assets/empty-ranges.txt', range('bytes=0-')],
  'range: of a script': ['assets/ranges.js', range('bytes=10-19')],
  'range: last of a script': ['assets/ranges.js', range('bytes=-10')],
  'range with a query': ['assets/ranges.bin?v=2', range('bytes=0-9')],
  'If-Range, another': ['assets/ranges.bin', range('bytes=0-9', { 'If-Range': '"other"' })],
  'mode: cors': ['assets/data.bin', { mode: 'cors' }],
  'mode: same-origin': ['assets/app.js', { mode: 'same-origin' }],
  'mode: no-cors': ['assets/other.bin', { mode: 'no-cors' }],
  'credentials: include': ['assets/data.bin', { credentials: 'include' }],
  'credentials: omit': ['assets/app.js', { credentials: 'omit' }],
  Authorization: ['assets/data.bin', { headers: { Authorization: 'Basic eDp5' } }],
  'a header of the page': ['assets/data.bin', { headers: { 'X-Hive': 'one' } }],
  'Accept: */*': ['assets/app.js', { headers: { Accept: '*/*' } }],
  'integrity, right': ['assets/data.bin', { integrity: integrity('assets/data.bin') }],
  'integrity, wrong': ['assets/data.bin', { integrity: integrity('assets/other.bin') }],
  'integrity, text, right': ['assets/app.js', { integrity: integrity('assets/app.js') }],
  'integrity, text, wrong': ['assets/app.js', { integrity: integrity('assets/data.bin') }],
  'other origin: cors': ['ELSEWHERE/assets/data.bin', { mode: 'cors' }],
  'other origin: cors, compressed': ['ELSEWHERE/assets/app.js'],
  'other origin: opaque': ['ELSEWHERE/assets/data.bin', { mode: 'no-cors' }],
  'other origin: same-origin only': ['ELSEWHERE/assets/data.bin', { mode: 'same-origin' }],
  'other origin: credentials': ['ELSEWHERE/assets/data.bin', { credentials: 'include' }],
  'aborted before': ['assets/data.bin', {}, 'abort before'],
  'aborted in the middle': ['assets/big.bin', {}, 'abort in the middle'],
  'XMLHttpRequest': ['assets/data.bin', {}, 'xhr'],
  'XMLHttpRequest, text': ['assets/app.js', {}, 'xhr'],
  'XMLHttpRequest, not there': ['assets/no-such.bin', {}, 'xhr'],
  'an image': ['assets/picture.bmp', {}, 'img'],
  'an image, not there': ['assets/no-such.bmp', {}, 'img'],
  'an image that is none': ['assets/other.bin', {}, 'img'],
  'a script element': ['assets/classic.js', {}, 'script'],
  'a script element with integrity': ['assets/classic.js', { integrity: integrity('assets/classic.js') }, 'script'],
  'a script element with wrong integrity': ['assets/classic.js', { integrity: integrity('assets/data.bin') }, 'script'],
  'a module': ['assets/app.js', {}, 'module'],
  'a style sheet element': ['assets/style.css', {}, 'style'],
  'a worker': ['assets/worker.js', {}, 'worker'],
  'a frame': ['assets/docs/', {}, 'frame'],
};

/** In the page: does what a row says; what can be seen of the answer. */
async function ask([url, init = {}, how = 'fetch']) {
  const hex = (bytes) => [...new Uint8Array(bytes)].map((b) => b.toString(16).padStart(2, '0')).join('');
  const hash = async (bytes) => `${bytes.byteLength} ${hex(await crypto.subtle.digest('SHA-256', bytes))}`;
  const settled = (element, place = document.head) =>
    new Promise((resolve) => {
      element.onload = () => resolve('load');
      element.onerror = () => resolve('error');
      place.append(element);
    });
  const made = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const abort = new AbortController();
  try {
    if (how === 'xhr') {
      const request = new XMLHttpRequest();
      request.open('GET', url);
      request.responseType = 'arraybuffer';
      await new Promise((resolve) => {
        request.onloadend = resolve;
        request.send();
      });
      const { status, statusText } = request;
      return { status, statusText, type: request.getResponseHeader('content-type'), body: await hash(request.response) };
    }
    if (how === 'img') {
      const image = made('img', { src: url });
      return { event: await settled(image, document.body), width: image.naturalWidth };
    }
    if (how === 'script') {
      globalThis.ran = 0;
      return { event: await settled(made('script', { src: url, ...init })), ran: globalThis.ran };
    }
    if (how === 'module') return { word: (await import(new URL(url, location.href).href)).word };
    if (how === 'style') {
      const event = await settled(made('link', { rel: 'stylesheet', href: url }));
      return { event, colour: getComputedStyle(document.body).color };
    }
    if (how === 'worker') {
      const worker = new Worker(url);
      const message = await new Promise((resolve) => {
        worker.onmessage = ({ data }) => resolve(data);
        worker.onerror = () => resolve('error');
      });
      worker.terminate();
      return { message };
    }
    if (how === 'frame') {
      const frame = made('iframe', { src: url });
      await settled(frame, document.body);
      return { title: frame.contentDocument.title, type: frame.contentDocument.contentType };
    }
    if (how === 'etag') {
      const { headers } = await fetch(url, { cache: 'no-store' });
      init = { headers: { 'If-None-Match': headers.get('etag') } };
    }
    if (how === 'abort before') abort.abort();
    const response = await fetch(url, { ...init, signal: abort.signal });
    if (how === 'abort in the middle') {
      const reader = response.body.getReader();
      await reader.read();
      abort.abort();
      for (;;) if ((await reader.read()).done) return { aborted: false };
    }
    const { status, statusText, ok, redirected, headers, type } = response;
    const seen = { status, statusText, ok, redirected, url: response.url, opaque: type.startsWith('opaque') };
    for (const name of ['content-type', 'content-range', 'accept-ranges', 'location', 'allow']) seen[name] = headers.get(name);
    // Of a body that was compressed on its way, the page cannot tell the length before.
    seen.plainLength = headers.get('content-encoding') ? null : headers.get('content-length');
    seen.body = await hash(await response.arrayBuffer());
    // Chromium's cache, when it has parts of the file, makes an answer of its own to an impossible range.
    return status === 416 ? { status, ok, body: seen.body } : seen;
  } catch (error) {
    return { error: error.name };
  }
}

async function published() {
  const folder = temporaryFolder('conformance');
  const source = join(folder.path, 'source');
  const out = join(folder.path, 'out');
  const put = (path, bytes) => {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), bytes);
  };
  for (const [path, bytes] of Object.entries(files)) put(path, bytes);
  const page = (tag) => `<!doctype html><html lang="en"><title>Rows</title><link rel="icon" href="data:,">${tag}<body></body></html>`;
  put('index.html', page('<script type="module" src="skep.js"></script>'));
  put('plain.html', page(''));
  put('skep.toml', '[labels]\nshare = ["assets/**"]\n');
  await runSkep(['key', 'new', '-o', join(folder.path, 'key')]);
  await runSkep(['publish', source, '-o', out, '--key', join(folder.path, 'key')]);
  return { out, remove: folder.remove };
}

async function results(visitor, elsewhere) {
  const out = {};
  for (const [name, row] of Object.entries(rows)) {
    const [url, ...rest] = row;
    out[name] = await visitor.page.evaluate(ask, [url.replace('ELSEWHERE/', elsewhere), ...rest]);
  }
  return out;
}

/** What the rows say without Skep, and how Skep's may differ: the length that only it knows, or cannot. */
function assertSame(got, expected, where) {
  const differ = [];
  for (const name of Object.keys(rows)) {
    const [mine, theirs] = [{ ...got[name] }, { ...expected[name] }];
    if (mine.plainLength === null || theirs.plainLength === null) delete mine.plainLength, delete theirs.plainLength;
    if (!isDeepStrictEqual(mine, theirs)) differ.push({ name, mine, theirs });
  }
  assert.deepEqual(differ, [], where);
}

for (const browser of ['chromium', 'firefox']) {
  test(`requests are answered as without Skep: ${browser}`, async (t) => {
    const site = await published();
    t.after(site.remove);
    const origin = await startOrigin(site.out);
    t.after(origin.stop);
    const other = await startOrigin(site.out);
    t.after(other.stop);

    const plain = await openVisitor({ browser, name: 'plain', serviceWorkers: false });
    t.after(plain.close);
    await plain.page.goto(`${origin.url}plain.html`);
    const expected = await results(plain, other.url);
    assert.equal(expected['a file as it is'].status, 200);
    assert.equal(expected['range: not satisfiable'].status, 416);
    assert.equal(expected['If-None-Match, the same'].status, 304);
    assert.equal(expected['aborted in the middle'].error, 'AbortError');

    const visitor = await visit(origin.url, { browser, name: 'skep' });
    t.after(visitor.close);
    assertSame(await results(visitor, other.url), expected, 'through the engine');
    const shareable = Object.values(files).filter((bytes) => bytes.length > 0).length;
    const never = 4; // big.bin was aborted; never.bin; ranges.js and worker.js are plain HTTP
    await until('the files are kept', async () => (await storedFiles(visitor)).length >= shareable - never);
    const from = origin.log().length;
    assertSame(await results(visitor, other.url), expected, 'from the store');
    const asked = origin.log().slice(from);
    assert.ok(!asked.some(({ path, range, method, engine }) => engine && method === 'GET' && path === '/assets/data.bin' && !range), 'the store was used');
    t.diagnostic(`${Object.keys(rows).length} rows, twice`);
  });
}
