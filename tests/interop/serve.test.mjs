// `skep serve` as an operator sets it up: TLS with real curl and openssl, behind real nginx, its
// configuration, its metrics. No browser.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get as httpsGet } from 'node:https';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { before, after, test } from 'node:test';
import { promisify } from 'node:util';
import { publisher } from './pointer.mjs';
import { root, runSkep, skepBinary, startNginx, startOrigin, temporaryFolder, until } from '../../tools/stage.mjs';

const run$ = promisify(execFile);
const WebSocket = createRequire(new URL('../../web/package.json', import.meta.url))('ws');
const folder = temporaryFolder('serve');
const at = (name) => join(folder.path, name);
const content = randomBytes(300_000);

/** A certificate for localhost, valid for a day. */
async function certificate(name, kind = ['ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1']) {
  await run$('openssl', ['req', '-x509', '-newkey', ...kind, '-nodes', '-days', '1',
    '-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-keyout', at(`${name}.key`), '-out', at(`${name}.crt`)]);
}

before(async () => {
  mkdirSync(at('site'));
  writeFileSync(at('site/index.html'), '<!doctype html><title>site</title>');
  writeFileSync(at('site/data.bin'), content);
  await runSkep(['key', 'new', '-o', at('publisher.json')]);
  await runSkep(['publish', at('site'), '-o', at('out'), '--key', at('publisher.json'), '--share', '*.bin']);
  await certificate('first');
  await certificate('second');
  await certificate('other-kind', ['rsa:2048']);
});
after(() => folder.remove());

const curl = async (...args) => (await run$('curl', ['-sS', ...args], { encoding: 'buffer', maxBuffer: 1 << 24 })).stdout;

/** What openssl sees: the subject of the certificate, protocol and ALPN; "" when there was no handshake. */
async function handshake(port, ...args) {
  const done = run$('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-servername', 'localhost', ...args]);
  done.child.stdin.end();
  const { stdout } = await done.catch((error) => error);
  return stdout.includes('Cipher is (NONE)') ? '' : stdout;
}

function useCertificate(name) {
  copyFileSync(at(`${name}.crt`), at('use.crt'));
  copyFileSync(at(`${name}.key`), at('use.key'));
}

async function startTls(t, ...args) {
  useCertificate('first');
  const origin = await startOrigin(at('out'), { args: ['--tls-cert', at('use.crt'), '--tls-key', at('use.key'), ...args] });
  t.after(origin.stop);
  return origin;
}

test('https: whole files, ranges, several ranges; old protocols and other applications are refused', async (t) => {
  const { port, printed } = await startTls(t);
  assert.match(printed(), /https:\/\/localhost/);
  const url = `https://localhost:${port}/data.bin`;
  const trust = ['--cacert', at('first.crt')];
  assert.deepEqual(await curl(...trust, url), content);
  assert.deepEqual(await curl(...trust, '-r', '1000-200000', url), content.subarray(1000, 200_001));
  assert.equal((await curl(...trust, '-I', url)).toString().match(/HTTP\/1.1 (\d+)/)[1], '200');
  assert.match(await handshake(port), /CN ?= ?first/);
  assert.match(await handshake(port, '-tls1_2'), /Protocol\s*: TLSv1.2/);
  assert.equal(await handshake(port, '-tls1_1', '-cipher', 'ALL:@SECLEVEL=0'), '');
  assert.match(await handshake(port, '-alpn', 'h2,http/1.1'), /ALPN protocol: http\/1.1/);
  assert.equal(await handshake(port, '-alpn', 'h2'), '');
});

test('wss on the same port', async (t) => {
  const { port } = await startTls(t);
  const socket = new WebSocket(`wss://localhost:${port}/.well-known/skep/tracker`, { ca: readFileSync(at('first.crt')) });
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const replied = new Promise((resolve) => socket.once('message', (m) => resolve(JSON.parse(m))));
  socket.send(JSON.stringify({ action: 'announce', info_hash: 'x'.repeat(20), peer_id: 'p'.repeat(20), left: 1 }));
  assert.match((await replied)['failure reason'], /does not serve/);
  // Larger than a TLS record, both ways, and many at once.
  const closed = new Promise((resolve) => socket.once('close', (code, reason) => resolve([code, String(reason)])));
  socket.send('x'.repeat(100_000));
  assert.deepEqual((await closed)[0], 1008);
});

test('plain http on the https port is told where to go', async (t) => {
  const { port } = await startTls(t);
  const answer = (await curl('-i', `http://localhost:${port}/data.bin?x=1`)).toString();
  assert.match(answer, /^HTTP\/1.1 308 /);
  assert.match(answer, new RegExp(`Location: https://localhost:${port}/data.bin\\?x=1`));
});

test('a renewed certificate is used without a restart; a broken one is not', async (t) => {
  const origin = await startTls(t);
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: readFileSync(at('first.crt')) });
  t.after(() => agent.destroy());
  const old = () => new Promise((resolve, reject) =>
    httpsGet(`https://localhost:${origin.port}/index.html`, { agent }, (r) => {
      const { localPort } = r.socket;
      r.resume().on('end', () => resolve(localPort));
    }).on('error', reject));
  const before = await old();
  useCertificate('second');
  origin.signal('SIGHUP');
  await until('the new certificate', async () => /CN ?= ?second/.test(await handshake(origin.port)));
  assert.equal(await old(), before, 'a connection that exists goes on');
  const messages = () => origin.printed().match(/does not belong to the certificate/g)?.length ?? 0;
  for (const [count, key] of ['first.key', 'other-kind.key'].entries()) {  // of the same kind, and of another
    copyFileSync(at(key), at('use.key'));
    origin.signal('SIGHUP');
    await until('a message', () => messages() > count);
    assert.match(await handshake(origin.port), /CN ?= ?second/);
  }
  rmSync(at('use.key'));
  origin.signal('SIGHUP');
  await until('what the system says', () => /cannot use the key \S+: No such file or directory/.test(origin.printed()));
  useCertificate('first');  // without a signal: the files are looked at
  await until('the first certificate again', async () => /CN ?= ?first/.test(await handshake(origin.port)), { timeoutMs: 60_000, everyMs: 500 });
});

test('a page of the site at /announce is for who asks for no WebSocket', async (t) => {
  const plain = await startOrigin(at('out'));
  t.after(plain.stop);
  assert.equal((await fetch(`${plain.url}announce`)).status, 426);
  mkdirSync(at('out/announce'));
  t.after(() => rmSync(at('out/announce'), { recursive: true }));
  writeFileSync(at('out/announce/index.html'), '<!doctype html>our news');
  const page = await fetch(`${plain.url}announce`);
  assert.equal(page.url, `${plain.url}announce/`);
  assert.match(await page.text(), /our news/);
  const socket = new WebSocket(`${plain.url.replace('http', 'ws')}announce`);
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  socket.terminate();
});

test('a pointer that ends is spoken of', async (t) => {
  cpSync(at('out'), at('ending'), { recursive: true });
  const nowS = Math.floor(Date.now() / 1000);
  const point = (expires) => writeFileSync(at('ending/.well-known/skep/latest'), publisher().pointer([randomBytes(32)], { expires }));
  const start = async (expires) => {
    point(expires);
    const origin = await startOrigin(at('ending'));
    t.after(origin.stop);
    return origin;
  };
  const expired = await start(nowS - 60);
  await until('an error', () => /^skep: error: the pointer has expired, visitors use plain HTTP only: renew it/m.test(expired.printed()));
  const soon = await start(nowS + 5 * 3600 + 600);
  await until('a warning', () => /^skep: warning: the pointer expires in 5 h: renew it/m.test(soon.printed()));
  const later = await start(nowS + 3 * 86_400);
  await later.stop();  // what it said has arrived
  assert.doesNotMatch(later.printed(), /expire/);
});

test('a key that others can read is spoken of', async (t) => {
  copyFileSync(at('publisher.json'), at('open.json'));
  chmodSync(at('open.json'), 0o644);
  const origin = await startOrigin(at('out'), { args: ['--key', at('open.json')] });
  t.after(origin.stop);
  await until('a warning', () => /^skep: warning: \S+open.json: others can read this key/m.test(origin.printed()));
});

test('several ranges arrive as multipart/byteranges', async (t) => {
  const origin = await startOrigin(at('out'));
  t.after(origin.stop);
  const response = await fetch(`${origin.url}data.bin`, { headers: { Range: 'bytes=0-9,100000-100099,-5' } });
  assert.equal(response.status, 206);
  const boundary = response.headers.get('content-type').match(/^multipart\/byteranges; boundary=(\S+)$/)[1];
  const body = Buffer.from(await response.arrayBuffer());
  assert.equal(body.length, Number(response.headers.get('content-length')));
  const parts = body.toString('latin1').split(`\r\n--${boundary}`);
  assert.equal(parts.shift(), '');
  assert.equal(parts.pop(), '--\r\n');
  const ranges = [[0, 9], [100_000, 100_099], [299_995, 299_999]];
  assert.equal(parts.length, ranges.length);
  for (const [i, [first, last]] of ranges.entries()) {
    const end = parts[i].indexOf('\r\n\r\n');
    assert.match(parts[i].slice(0, end), new RegExp(`Content-Range: bytes ${first}-${last}/300000`));
    assert.deepEqual(Buffer.from(parts[i].slice(end + 4), 'latin1'), content.subarray(first, last + 1));
  }
  const [line] = await until('the access log', () => (origin.log().length > 0 ? origin.log() : null));
  assert.equal(line.bytes_sent, body.length);
});

test('nginx serves the files and passes the tracker on; only its word about addresses counts', async (t) => {
  const shown = JSON.parse(await runSkep(['key', 'show', '--json', at('publisher.json')]));
  for (const trusted of [true, false]) {
    const tracker = await startOrigin(null, { args: ['--allow-key', shown.public, ...(trusted ? ['--trusted-proxy', '127.0.0.0/8', '--trusted-proxy', '::1'] : [])] });
    t.after(tracker.stop);
    const nginx = await startNginx(at('out'), '/', {
      locations: `location /.well-known/skep/tracker {
        proxy_pass http://127.0.0.1:${tracker.port};
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_read_timeout 120s;
      }`,
    });
    t.after(nginx.stop);
    assert.deepEqual(await curl(`${nginx.url}data.bin`), content);
    const socket = new WebSocket(`${nginx.url.replace('http', 'ws')}.well-known/skep/tracker`, { headers: { 'X-Forwarded-For': '203.0.113.77' } });
    await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
    const replied = new Promise((resolve) => socket.once('message', (m) => resolve(JSON.parse(m))));
    const pointer = readFileSync(join(at('out'), '.well-known/skep/latest'));
    const hash = JSON.parse(await runSkep(['show', at('out'), '--json']));
    const infoHash = JSON.stringify(hash).match(/"info_hash":"([0-9a-f]{40})/)[1];
    socket.send(JSON.stringify({ action: 'announce', info_hash: Buffer.from(infoHash, 'hex').toString('latin1'), peer_id: 'p'.repeat(20), left: 1, skep: { pointer: pointer.toString('base64') } }));
    assert.equal((await replied).incomplete, 1);
    socket.close();
    const line = await until('a line', () => tracker.log().find((l) => l.status === 101));
    // nginx appends its own peer (127.0.0.1, trusted as well), so the client's claim is the first
    // address that is not a proxy; without trust it is nginx itself.
    assert.equal(line.address, trusted ? '203.0.113.77' : '127.0.0.1');
  }
});

test('the configuration of nginx in docs/serve.md leaves the doctor nothing to say', async (t) => {
  const out = at('behind-nginx');
  await runSkep(['publish', at('site'), '-o', out, '--key', at('publisher.json'), '--share', '*.bin', '--inject']);
  const { public: key } = JSON.parse(readFileSync(at('publisher.json'), 'utf8'));
  const tracker = await startOrigin('', { args: ['--allow-key', key, '--trusted-proxy', '127.0.0.1'] });
  t.after(tracker.stop);
  const recipe = readFileSync(join(root, 'docs/serve.md'), 'utf8').match(/^server \{\n {2}root .*;\n([^]*?)\n\}$/m)[1];
  const nginx = await startNginx(out, '/', { locations: recipe.replace(':8081', `:${tracker.port}`) });
  t.after(nginx.stop);
  const { findings } = JSON.parse(await runSkep(['doctor', nginx.url, '--json']));
  assert.deepEqual(findings.filter(({ level }) => level !== 'good').map(({ id }) => id), ['alone']);
  const packed = await fetch(`${nginx.url}skep.js`, { headers: { 'Accept-Encoding': 'gzip' } });
  assert.equal(packed.headers.get('content-encoding'), 'gzip');
  assert.equal(packed.headers.get('cache-control'), 'no-cache');
});

test('metrics are for this machine, or for a port of their own', async (t) => {
  const origin = await startOrigin(at('out'));
  t.after(origin.stop);
  await curl(`${origin.url}data.bin`);
  const text = (await curl(`${origin.url}metrics`)).toString();
  assert.match(text, /^skep_sent_bytes_total\{kind="site"\} 300000$/m);
  assert.match(text, /^skep_requests_total\{status="200"\} 1$/m);
  const proxied = await fetch(`${origin.url}metrics`, { headers: { 'X-Forwarded-For': '203.0.113.1' } });
  assert.equal(proxied.status, 404);
  const apart = await startOrigin(at('out'), { args: ['--metrics-address', '127.0.0.1:0'] });
  t.after(apart.stop);
  assert.equal((await fetch(`${apart.url}metrics`)).status, 404);
  const port = apart.printed().match(/metrics at http:\/\/127.0.0.1:(\d+)/)[1];
  assert.match((await curl(`http://127.0.0.1:${port}/metrics`)).toString(), /^skep_uptime_seconds /m);
  assert.equal((await fetch(`http://127.0.0.1:${port}/data.bin`)).status, 404, 'and nothing else is there');
});

test('settings: flags over environment over file; mistakes end with 2 and their line', async () => {
  writeFileSync(at('serve.toml'), 'port = 1111\naddress = "::1"\nlog-format = "json"\n');
  const env = { ...process.env, SKEP_CONFIG: at('serve.toml'), SKEP_PORT: '2222' };
  const shown = await runSkep(['serve', at('out'), '--address', '127.0.0.1', '--print-config'], { env });
  assert.match(shown, /^port = 2222 +# environment/m);
  assert.match(shown, /^address = "127.0.0.1" +# flag/m);
  assert.match(shown, /^log-format = "json" +# file/m);
  assert.match(shown, /^max-connections = 10000 +# default/m);
  writeFileSync(at('wrong.toml'), 'port = 1111\nprot = 2\n');
  const failed = await run$(skepBinary, ['serve', at('out'), '--config', at('wrong.toml')]).catch((e) => e);
  assert.equal(failed.code, 2);
  assert.match(failed.stderr, /wrong.toml, line 2: unknown key "prot"/);
  const half = await run$(skepBinary, ['serve', at('out'), '--tls-cert', at('first.crt')]).catch((e) => e);
  assert.equal(half.code, 2);
});

test('messages as JSON, one object for each line', async (t) => {
  const origin = await startTls(t, '--log-format', 'json');
  origin.signal('SIGHUP');
  const line = await until('a message', () => origin.printed().split('\n').find((l) => l.includes('certificate') && l.startsWith('{')));
  const message = JSON.parse(line);
  assert.equal(message.level, 'info');
  assert.match(message.time, /^\d{4}-\d\d-\d\dT.*Z$/);
});
