// toy-site.mjs: an origin in this process for tests of the realms: files in memory, a pointer it signs
// itself, a tracker with the targeted extension. It can be slow, change its version, stop and return.
import { createHash, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { WebSocketServer } from 'ws';

const latin = (text) => Buffer.from(text, 'latin1');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
export const hexOf = (bytes) => sha256(bytes).toString('hex');

/** Incompressible bytes, the same everywhere. */
export function noise(size, seed) {
  const bytes = Buffer.alloc(size);
  for (let at = 0; at < size; at += 32) sha256(`${seed}/${at}`).copy(bytes, at);
  return bytes;
}

const page = (early, attributes) => `<!doctype html><html lang="en"><meta charset="utf-8">
<title>Toy</title><link rel="icon" href="data:,"><h1>Toy site</h1>
<script>${early}</script><script type="module" src="skep.js"${attributes}></script></html>`;

export class ToySite {
  log = [];
  rate = 0;
  #files = new Map();
  #sockets = new Set();
  #key = generateKeyPairSync('ed25519');
  #server = createServer((request, response) => void this.#answer(request, response));
  #port = 0;

  /** `runtime`: a folder that build.mjs wrote; `shared`: path → bytes. */
  constructor({ runtime, shared, folder = '', early = '', attributes = '', site = null }) {
    this.folder = folder;
    this.shared = shared;
    this.host = site ?? this;
    this.put('index.html', page(early, attributes), 'text/html');
    this.host.#files.set(`/${folder}`, this.host.#files.get(`/${folder}index.html`));
    const { files } = JSON.parse(readFileSync(join(runtime, 'manifest.json'), 'utf8'));
    const names = files.map(({ path }) => [
      path,
      path.startsWith('rt/') ? `.well-known/skep/${path}` : path,
    ]);
    for (const [path, name] of names) {
      const type = path.endsWith('.wasm') ? 'application/wasm' : 'text/javascript';
      this.put(
        name,
        readFileSync(join(runtime, path)),
        type,
        path.startsWith('rt/') ? 'max-age=9999, immutable' : 'no-cache',
      );
    }
    this.publish(shared, 1);
    const pages = ['index.html', ...names.map(([, name]) => name)].map((url) => {
      const { body } = this.host.#files.get(`/${folder}${url}`);
      return { url, sha256: hexOf(body), size: body.length };
    });
    this.put('.well-known/skep/offline.json', JSON.stringify({ v: 1, pages }), 'application/json');
  }

  get url() {
    return `http://localhost:${this.host.#port}/${this.folder}`;
  }

  put(path, body, type = 'application/octet-stream', cache = 'no-cache') {
    this.host.#files.set(`/${this.folder}${path}`, { body: Buffer.from(body), type, cache });
  }

  /** A version: its files, its torrent (the toy engine's JSON), its pointer. */
  publish(shared, seq, { ttl = 86400 } = {}) {
    this.shared = shared;
    const files = Object.keys(shared)
      .sort()
      .map((urlPath, file) => ({
        urlPath,
        mediaType: 'application/octet-stream',
        cacheControl: 'max-age=60',
        contentEncoding: '',
        size: shared[urlPath].length,
        root: hexOf(shared[urlPath]),
        file,
      }));
    for (const { urlPath } of files) this.put(urlPath, shared[urlPath], undefined, 'max-age=60');
    const metainfo = Buffer.from(JSON.stringify({ files }));
    this.put(
      `.well-known/skep/${hexOf(metainfo)}.torrent`,
      metainfo,
      undefined,
      'max-age=9999, immutable',
    );
    this.point(sha256(metainfo), seq, ttl);
  }

  point(hash, seq, ttl = 86400) {
    const expires = Math.floor(Date.now() / 1000) + ttl;
    const v = Buffer.concat([latin(`d3:expi${expires}e2:ihl32:`), hash, latin('e1:vi1ee')]);
    const k = this.#key.publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
    const signature = sign(
      null,
      Buffer.concat([latin(`3:seqi${seq}e1:v`), v]),
      this.#key.privateKey,
    );
    this.hash = hash;
    const parts = ['d1:k32:', k, `3:seqi${seq}e3:sig64:`, signature, '1:v', v, 'e'];
    this.put(
      '.well-known/skep/latest',
      Buffer.concat(parts.map((part) => (typeof part === 'string' ? latin(part) : part))),
    );
  }

  async #answer(request, response) {
    const path = decodeURI(request.url.split('?')[0]);
    const file = this.#files.get(path);
    const entry = {
      path,
      by: request.headers.skep ?? 'page',
      range: request.headers.range,
      sent: 0,
    };
    this.log.push(entry);
    if (!file) return response.writeHead(404).end();
    let { body } = file;
    const headers = {
      'content-type': file.type,
      'cache-control': file.cache,
      'accept-ranges': 'bytes',
    };
    const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    if (range) {
      const end = range[2] ? Number(range[2]) + 1 : body.length;
      headers['content-range'] = `bytes ${range[1]}-${end - 1}/${body.length}`;
      body = body.subarray(Number(range[1]), end);
    }
    response.writeHead(range ? 206 : 200, { ...headers, 'content-length': body.length });
    const step = this.rate > 0 ? this.rate / 50 : Math.max(1, body.length);
    for (let at = 0; at < body.length && !response.destroyed; at += step) {
      const part = body.subarray(at, at + step);
      response.write(part);
      entry.sent += part.length;
      if (this.rate > 0) await new Promise((resolve) => setTimeout(resolve, 20));
    }
    response.end();
  }

  #introduce(server) {
    const peers = new Map();
    server.on('connection', (socket) =>
      socket.on('message', (data) => {
        const message = JSON.parse(data);
        const { info_hash, peer_id, to_peer_id, offer_id, offer, answer, candidate } = message;
        const swarm = peers.get(info_hash) ?? new Map();
        peers.set(info_hash, swarm.set(peer_id, socket));
        socket.on('close', () => swarm.delete(peer_id));
        const say = (to, more) =>
          to.send(JSON.stringify({ action: 'announce', info_hash, ...more }));
        if (offer || answer || candidate) {
          const to = swarm.get(to_peer_id);
          if (to) say(to, { peer_id, offer_id, offer, answer, candidate, to_peer_id });
          else if (offer) say(socket, { skep: { gone: to_peer_id, offer_id } });
          return;
        }
        const candidates = [...swarm.keys()]
          .filter((id) => id !== peer_id)
          .map((id) => ({ peer_id: id, seeding: false }));
        say(socket, { interval: 120, complete: 0, incomplete: swarm.size, skep: { candidates } });
      }),
    );
  }

  /** Starts, or starts again under the same address. */
  async start() {
    this.#server.removeAllListeners('upgrade');
    this.#introduce(new WebSocketServer({ server: this.#server }));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    await new Promise((resolve) => this.#server.listen(this.#port, '127.0.0.1', resolve));
    this.#port = this.#server.address().port;
    return this;
  }
  async stop() {
    for (const socket of this.#sockets) socket.destroy();
    if (this.#server.listening) await new Promise((resolve) => this.#server.close(resolve));
  }
}
