// One asset, large: the picture, what the game says about it, and who sent its bytes.

import { bytesText } from './format.js';
import { pictureOf } from './gallery.js';
import { sourceText } from './ledger.js';

export function createViewer(entries, catalogueOf) {
  const dialog = document.getElementById('viewer');
  const shown = () => entries.filter((entry) => entry.url && !['sound', 'pack'].includes(entry.asset.kind));
  let current = null;

  async function show(entry) {
    current = entry;
    const { asset } = entry;
    const picture = await pictureOf(entry);
    if (current !== entry) return;
    const facts = catalogueOf(asset.path);
    const stage = make('div', 'stage');
    const backdrop = asset.kind === 'hero'
      && entries.find((e) => e.url && e.asset.kind === 'land' && e.asset.title === asset.band);
    if (backdrop) stage.style.backgroundImage = `url("${backdrop.url}")`;
    stage.append(picture);
    const text = make('div', 'about');
    text.append(
      Object.assign(make('h2', '', asset.name), { id: 'viewer-name' }),
      make('p', 'origin-line', `${bytesText(asset.bytes)}, ${sourceText(entry)}`),
    );
    if (facts) {
      text.append(make('p', 'facts',
        `Level ${facts.level} · ${facts.hitpoints} health · ${facts.moves} moves · ${facts.cost} gold`));
      for (const part of (facts.description ?? '').split('\n').filter(Boolean)) {
        text.append(make('p', '', part.replace(/<[^>]*>/g, '')));
      }
    }
    const buttons = make('p', 'buttons');
    buttons.append(button('Previous', () => step(-1)), button('Next', () => step(1)),
      button('Close', () => dialog.close()));
    dialog.dataset.from = document.querySelector(`[data-path="${CSS.escape(asset.path)}"]`)?.dataset.from ?? '';
    dialog.dataset.kind = asset.kind;
    dialog.replaceChildren(stage, text, buttons);
    if (!dialog.open) dialog.showModal();
    else buttons.children[1].focus();
  }

  function step(by) {
    const list = shown();
    show(list[(list.indexOf(current) + by + list.length) % list.length]);
  }

  dialog.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowRight') step(1);
    if (event.key === 'ArrowLeft') step(-1);
  });
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => {
    document.querySelector(`[data-path="${CSS.escape(current.asset.path)}"]`)?.focus();
  });
  return { show };
}

export function make(tag, className = '', text = '') {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text) element.textContent = text;
  return element;
}

export function button(text, action) {
  const element = make('button', '', text);
  element.type = 'button';
  element.addEventListener('click', action);
  return element;
}
