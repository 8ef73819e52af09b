// stock.mjs: a page of somebody else's: WebTorrent as its package ships it, and nothing of Skep.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { openVisitor, root } from '../../tools/stage.mjs';

const bundle = join(root, 'bench/node_modules/webtorrent/dist/webtorrent.min.js');

const page = `<!doctype html><title>stock</title><link rel="icon" href="data:,">
<script type="module">
import WebTorrent from './webtorrent.min.js';
globalThis.client = new WebTorrent({ dht: false, lsd: false, natUpnp: false, utp: false });
client.on('error', (error) => console.error(String(error)));
const hex = (b) => [...new Uint8Array(b)].map((x) => x.toString(16).padStart(2, '0')).join('');
/** Adds a torrent (a magnet link, or the bytes of a .torrent in base64); resolves when it is complete. */
globalThis.take = (what, announce, urlList) =>
  new Promise((resolve) => {
    const torrent = what.startsWith('magnet:') ? what : Uint8Array.from(atob(what), (c) => c.charCodeAt(0));
    client.add(torrent, { announce, urlList }, (added) => {
      globalThis.torrent = added;
      if (added.done) resolve(); else added.on('done', () => resolve());
    });
  });
/** Path (without the torrent's name) to SHA-256 of every file that is no padding. */
globalThis.sums = async () => {
  const out = {};
  for (const file of torrent.files) {
    const path = file.path.slice(torrent.name.length + 1);
    if (path.startsWith('.pad/')) continue;
    const body = file.length === 0 ? new ArrayBuffer(0) : await (await file.blob()).arrayBuffer();
    out[path] = hex(await crypto.subtle.digest('SHA-256', body));
  }
  return out;
};
globalThis.isReady = true;
</script>`;

/** Opens it in a browser of its own. */
export async function openStockPage() {
  const server = createServer((request, response) => {
    const script = request.url === '/webtorrent.min.js';
    response.writeHead(200, { 'Content-Type': script ? 'text/javascript' : 'text/html' });
    response.end(script ? readFileSync(bundle) : page);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const visitor = await openVisitor({ name: 'stock' });
  await visitor.page.goto(`http://localhost:${server.address().port}/`);
  await visitor.page.waitForFunction(() => globalThis.isReady);
  return {
    ...visitor,
    close: async () => {
      await visitor.close();
      server.closeAllConnections();
      server.close();
    },
  };
}
