// A stand-in for Skep's page runtime, to look at the demo page without it (demo/look.mjs). It is
// never part of a publication. `?mock=` chooses the story: peers, first, return or off.

const story = new URLSearchParams(location.search).get('mock') ?? 'peers';
const RATE = { peers: 8e6, first: 8e6, return: 60e6, off: 8e6 }[story]; // bytes per second in all
const target = new EventTarget();
const bytes = { origin: 0, peer: 0, store: 0 };
const moved = { origin: 0, peer: 0 };
const start = performance.now();
let free = start; // when the simulated line is free again
let served = 0;

function split(size) {
  if (story === 'first') return { origin: size, peer: 0, store: 0 };
  if (story === 'return') return { origin: 0, peer: 0, store: size };
  served += 1;
  if (served < 8 || served % 13 === 0) return { origin: size, peer: 0, store: 0 };
  if (served % 17 === 0) return { origin: Math.round(size * 0.35), peer: size - Math.round(size * 0.35), store: 0 };
  if (served % 11 === 0) return { origin: 0, peer: 0, store: size };
  return { origin: 0, peer: size, store: 0 };
}

const plainFetch = globalThis.fetch;
globalThis.fetch = async (input, init) => {
  const url = new URL(input, location.href);
  const response = await plainFetch(input, init);
  if (!url.pathname.includes('/assets/')) return response;
  const body = await response.arrayBuffer();
  free = Math.max(free, performance.now()) + (body.byteLength * 1000) / RATE;
  await new Promise((resolve) => { setTimeout(resolve, free - performance.now()); });
  if (story !== 'off') {
    const from = split(body.byteLength);
    for (const source of Object.keys(bytes)) bytes[source] += from[source];
    target.dispatchEvent(new CustomEvent('asset', { detail: { url: url.href, size: body.byteLength, ...from } }));
  }
  return new Response(body, { headers: response.headers });
};

const names = story === 'peers' ? ['ann', 'ben', 'cleo', 'dan'] : [];
let busy = false;
setInterval(() => {
  busy = free > performance.now();
  moved.origin = busy && story !== 'return' ? RATE * (story === 'first' ? 1 : 0.14) : 0;
  moved.peer = busy && story === 'peers' ? RATE * 0.8 : 0;
  target.dispatchEvent(new Event('stats'));
}, 500);

globalThis.skep = {
  ready: new Promise((resolve) => {
    setTimeout(resolve, 300, story === 'off' ? { mode: 'off', reason: 'no service worker here' } : { mode: 'on' });
  }),
  addEventListener: target.addEventListener.bind(target),
  removeEventListener: target.removeEventListener.bind(target),
  stats() {
    const age = (performance.now() - start) / 1000;
    const peers = names.filter((_, i) => age > 0.3 + i * 0.5).map((id, i, all) => ({
      id, downBytesPerS: i < 3 ? moved.peer / Math.min(3, all.length) : 0, upBytesPerS: i === 3 ? 240_000 : 0,
      downloaded: 0, uploaded: 0,
    }));
    return { bytes: { ...bytes }, uploaded: story === 'peers' ? Math.round(age * 240_000) : 0, peers, leader: true,
      rates: { originBytesPerS: moved.origin, peerBytesPerS: moved.peer,
        uploadBytesPerS: peers.length === 4 ? 240_000 : 0 } };
  },
};
