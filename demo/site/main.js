// The demo page: fetches every asset of the manifest once and shows where each one came from.
//
// For tests, window.demo = { total, loaded, failed, bytes, sources, mode, done }: numbers that grow,
// and a promise that resolves (it never rejects) when every asset has arrived or failed and its
// source is known.

import { createGallery } from './gallery.js';
import { createGame } from './game.js';
import { Ledger } from './ledger.js';
import { createLoader } from './loader.js';
import { createOverlay } from './overlay.js';
import { connectRuntime } from './runtime.js';
import { createSwarm } from './swarm.js';
import { megabytesText } from './format.js';
import { createViewer } from './viewer.js';

const REPORT_GRACE_MS = 1500; // an asset nobody reported this long after it arrived was plain HTTP
const PAINT_MS = 250;

let finish;
const demo = { total: 0, loaded: 0, failed: 0, bytes: 0, sources: null, mode: null,
  done: new Promise((resolve) => { finish = resolve; }) };
window.demo = demo;

const connecting = connectRuntime(); // listens for reports from the first moment
const manifest = await readManifest();
const ledger = new Ledger(manifest.assets);
const { entries } = ledger;
demo.total = entries.length;

let catalogue = {};
let playing = null;
const viewer = createViewer(entries, (path) => catalogue[path]);
const gallery = createGallery(entries, activate);
const overlay = createOverlay(ledger, gallery.filter);
const swarm = createSwarm();
const game = createGame(entries, play);
const playButton = document.getElementById('play');
playButton.addEventListener('click', () => game.start());

const runtime = await connecting;
demo.mode = runtime.mode;
const received = { since: performance.now(), bytes: 0, rate: 0 }; // what this page's own fetches saw
let finished = false;

const loader = createLoader(entries, {
  loading: gallery.paint,
  count(bytes) {
    received.bytes += bytes;
  },
  async loaded(entry, blob) {
    entry.blob = blob;
    entry.url = URL.createObjectURL(blob);
    await gallery.show(entry);
    if (entry.asset.kind === 'pack') catalogue = JSON.parse(await blob.text());
    if (entry.asset.path.endsWith('/landscape-mountains-04.jpg')) {
      document.getElementById('top').style.setProperty('--scene', `url("${entry.url}")`);
    }
    demo.loaded += 1;
    demo.bytes += entry.asset.bytes;
    if (!ledger.loaded(entry)) entry.settled = settleLater(entry);
    gallery.paint(entry);
    playButton.disabled = !game.ready();
  },
  failed(entry) {
    demo.failed += 1;
    gallery.paint(entry);
  },
});

runtime.onAsset((detail) => {
  const entry = ledger.report(detail);
  if (entry) gallery.paint(entry);
});
runtime.onStats(paint);
setInterval(paint, PAINT_MS);

await loader.all();
await Promise.all(entries.map((entry) => entry.settled));
finished = true;
paint();
overlay.say(overlay.text());
finish({ total: demo.total, loaded: demo.loaded, failed: demo.failed, bytes: demo.bytes,
  sources: demo.sources });

async function readManifest() {
  try {
    return await (await fetch('assets-manifest.json')).json();
  } catch (error) {
    document.getElementById('headline').textContent = 'The list of pictures could not be loaded.';
    finish({ ...demo, done: undefined, failed: 1 });
    throw error;
  }
}

function settleLater(entry) {
  const wait = runtime.mode === 'on' ? REPORT_GRACE_MS : 0;
  return new Promise((resolve) => {
    setTimeout(() => {
      if (ledger.unreported(entry)) gallery.paint(entry);
      resolve();
    }, wait);
  });
}

function paint() {
  const stats = runtime.stats();
  const totals = ledger.totals();
  demo.sources = totals;
  const now = performance.now();
  if (now - received.since > 900) {
    received.rate = (received.bytes * 1000) / (now - received.since);
    received.since = now;
    received.bytes = 0;
  }
  const rates = {
    origin: runtime.mode === 'on' ? stats.rates.originBytesPerS : received.rate,
    peer: stats.rates.peerBytesPerS,
    upload: stats.rates.uploadBytesPerS,
  };
  overlay.update({ totals, rates, uploaded: stats.uploaded, peers: stats.peers.length,
    mode: runtime.mode, finished, failed: demo.failed });
  swarm.update({ peers: stats.peers, originRate: rates.origin, storeBytes: totals.store,
    loading: !finished, givenText: given(stats.uploaded), mode: runtime.mode, reason: runtime.reason });
}

function given(uploaded) {
  return uploaded > 0 ? `You gave ${megabytesText(uploaded)} to others.`
    : 'Keep this page open to help the next one.';
}

function activate(entry, tile) {
  if (entry.state === 'failed') {
    demo.failed -= 1;
    loader.load(entry);
  } else if (entry.url && entry.asset.kind === 'sound') {
    play(entry.asset.path.replace(/^assets\//, ''), tile);
  } else if (entry.url && entry.asset.kind !== 'pack') {
    viewer.show(entry);
  }
}

function play(path, tile) {
  const entry = entries.find((each) => each.asset.path === `assets/${path}`);
  if (!entry?.url) return;
  const again = playing?.tile && playing.tile === tile;
  playing?.stop();
  if (again) return;
  const audio = new Audio(entry.url);
  playing = { tile, stop() {
    audio.pause();
    tile?.classList.remove('playing');
    playing = null;
  } };
  tile?.classList.add('playing');
  audio.addEventListener('ended', () => playing?.tile === tile && playing.stop());
  audio.play().catch(() => tile?.classList.remove('playing'));
}
