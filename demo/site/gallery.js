// The wall of tiles: one button per asset, its place reserved before the first byte arrives.

import { bytesText } from './format.js';
import { mainSource, sourceText } from './ledger.js';
import { drawMinimap } from './minimap.js';

const KIND_NAMES = { hero: 'portrait', land: 'painting', sprite: 'game piece', map: 'battlefield',
  sound: 'sound', pack: 'data' };

const WORDS = { origin: 'origin', peer: 'visitor', store: 'store' };

export function createGallery(entries, activate) {
  const tiles = new Map();
  for (const grid of document.querySelectorAll('.grid')) {
    const kinds = grid.dataset.kinds.split(' ');
    const mine = entries.filter((entry) => kinds.includes(entry.asset.kind));
    for (const entry of mine) {
      const tile = createTile(entry);
      tiles.set(entry, tile);
      grid.append(tile);
    }
    if (grid.firstElementChild) grid.firstElementChild.tabIndex = 0;
    const bytes = mine.reduce((sum, entry) => sum + entry.asset.bytes, 0);
    grid.parentElement.querySelector('h2 small').textContent =
      `${mine.length} files, ${bytesText(bytes)}`;
    grid.addEventListener('keydown', (event) => moveFocus(grid, event));
    grid.addEventListener('click', (event) => {
      const tile = event.target.closest('.tile');
      const entry = mine.find((each) => tiles.get(each) === tile);
      if (entry) activate(entry, tile);
    });
    grid.addEventListener('focusin', ({ target }) => {
      grid.querySelector('[tabindex="0"]')?.setAttribute('tabindex', '-1');
      target.tabIndex = 0;
    });
  }

  const describe = (entry) => {
    const { name, kind, bytes } = entry.asset;
    const text = `${name}, ${KIND_NAMES[kind]}, ${bytesText(bytes)}, ${sourceText(entry)}`;
    tiles.get(entry).setAttribute('aria-label', text);
    tiles.get(entry).title = text;
  };
  entries.forEach(describe);

  return {
    /** Reflects state and source of an entry. */
    paint(entry) {
      const tile = tiles.get(entry);
      tile.dataset.state = entry.state;
      const source = mainSource(entry);
      if (source) {
        tile.dataset.from = source;
        const word = tile.querySelector('.word');
        if (word) word.textContent = WORDS[source];
        const part = (s) => (entry.from[s] / entry.asset.bytes) * 100;
        tile.style.setProperty('--peer-end', `${part('peer')}%`);
        tile.style.setProperty('--origin-end', `${part('peer') + part('origin')}%`);
      }
      describe(entry);
    },

    /** Puts an asset that has just arrived on its tile. */
    async show(entry) {
      const tile = tiles.get(entry);
      const picture = await pictureOf(entry);
      if (picture) {
        tile.querySelector('.art')?.remove();
        picture.classList.add('art');
        tile.prepend(picture);
      }
    },

    /** Fades all tiles but those of one source; null shows all. */
    filter(source) {
      document.body.dataset.only = source ?? '';
    },

    tileOf: (entry) => tiles.get(entry),
  };
}

function createTile({ asset }) {
  const tile = document.createElement('button');
  tile.type = 'button';
  tile.tabIndex = -1;
  tile.className = `tile ${asset.kind}`;
  tile.dataset.state = 'waiting';
  tile.dataset.path = asset.path;
  const label = document.createElement('span');
  label.className = 'from';
  label.append(Object.assign(document.createElement('i'), { className: 'mark' }));
  if (asset.kind !== 'sprite') {
    label.append(Object.assign(document.createElement('span'), { className: 'word' }),
      bytesText(asset.bytes));
  }
  const title = asset.kind === 'land' ? asset.title ?? asset.name
    : ['sound', 'pack'].includes(asset.kind) && asset.name;
  if (title) {
    tile.append(Object.assign(document.createElement('span'), { className: 'title', textContent: title }));
  }
  tile.append(label);
  return tile;
}

/** The element that shows a loaded asset, or null for kinds that have no picture. */
export async function pictureOf({ asset, blob, url }) {
  if (asset.kind === 'map') return drawMinimap(await blob.text());
  if (asset.kind === 'sound' || asset.kind === 'pack') return null;
  const image = new Image();
  image.decoding = 'async';
  image.alt = '';
  image.src = url;
  await new Promise((resolve, reject) => {
    image.onload = resolve;
    image.onerror = () => reject(new Error('not an image'));
  });
  return image;
}

// Arrow keys walk the wall in two dimensions; Tab leaves it.
function moveFocus(grid, event) {
  const tiles = [...grid.querySelectorAll('.tile')];
  const here = tiles.indexOf(document.activeElement);
  if (here < 0) return;
  const box = tiles[here].getBoundingClientRect();
  const vertical = (down) => {
    const middle = box.left + box.width / 2;
    let best = null;
    for (const tile of tiles) {
      const other = tile.getBoundingClientRect();
      const gap = down ? other.top - box.bottom : box.top - other.bottom;
      if (gap < -1) continue;
      const off = Math.max(other.left - middle, middle - other.right, 0);
      const cost = gap * 4 + off;
      if (!best || cost < best.cost) best = { tile, cost };
    }
    return best?.tile;
  };
  const target = {
    ArrowRight: () => tiles[here + 1],
    ArrowLeft: () => tiles[here - 1],
    ArrowDown: () => vertical(true),
    ArrowUp: () => vertical(false),
    Home: () => tiles[0],
    End: () => tiles.at(-1),
  }[event.key]?.();
  if (!target) return;
  event.preventDefault();
  target.focus();
}
