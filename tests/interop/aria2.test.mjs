// aria2, a v1 client, downloads a hybrid publication by its .torrent alone: from the web seed (BEP 19).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { startOrigin, temporaryFolder } from '../../tools/stage.mjs';
import { infoHashOf, publishedSmallSite } from '../e2e/cast.mjs';

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

function aria2(args) {
  return new Promise((resolve, reject) => {
    const child = spawn('aria2c', args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let printed = '';
    child.stdout.on('data', (d) => (printed += d));
    child.stderr.on('data', (d) => (printed += d));
    child.on('error', reject);
    child.on('exit', (code) => resolve({ code, printed }));
  });
}

test('aria2 takes every file of a hybrid from the web seed, pad files too', async (t) => {
  const port = await freePort();
  const site = await publishedSmallSite({
    args: ['--hybrid', '--name', 'my site', '--web-seed', `http://localhost:${port}/`],
  });
  t.after(site.remove);
  const origin = await startOrigin(site.out, { port });
  t.after(origin.stop);
  const to = temporaryFolder('aria2');
  t.after(to.remove);
  const torrent = join(site.out, '.well-known/skep', `${await infoHashOf(site.out)}.torrent`);
  const { code, printed } = await aria2([
    '--no-conf', '--enable-dht=false', '--enable-dht6=false', '--bt-enable-lpd=false', '--enable-peer-exchange=false',
    '--seed-time=0', '--file-allocation=none', '--bt-stop-timeout=60', '--console-log-level=warn', '--summary-interval=0',
    '--dir', to.path, torrent,
  ]);
  assert.equal(code, 0, printed);
  for (const [name, asset] of site.assets) {
    if (asset.size === 0) continue; // BEP 19 has no way to ask for nothing
    const bytes = readFileSync(join(to.path, 'my site', name));
    assert.equal(createHash('sha256').update(bytes).digest('hex'), asset.sha256, name);
  }
  const asked = origin.log().map((line) => decodeURIComponent(line.path));
  assert.ok(asked.some((path) => path.startsWith('/my site/assets/')));
  assert.ok(asked.some((path) => path.startsWith('/my site/.pad/')), 'aria2 asks for pad files');
});
