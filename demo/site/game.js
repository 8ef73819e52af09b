// Pairs: a small memory game with the portraits that have arrived, on the oak table.

import { button, make } from './viewer.js';

const PAIRS = 8;
const LOOK_MS = 900;

export function createGame(entries, play) {
  const dialog = document.getElementById('game');
  const board = make('div', 'board');
  const score = make('p', 'score');
  score.setAttribute('role', 'status');
  const title = Object.assign(make('h2', '', 'Pairs'), { id: 'game-name' });
  const buttons = make('p', 'buttons');
  buttons.append(button('Deal again', deal), button('Close', () => dialog.close()));
  dialog.append(title, score, board, buttons);

  const heroes = () => entries.filter((entry) => entry.url && entry.asset.kind === 'hero');
  let open = [];
  let turns = 0;
  let found = 0;

  function deal() {
    const table = entries.find((e) => e.url && e.asset.path.endsWith('/table.jpg'));
    if (table) dialog.style.setProperty('--table', `url("${table.url}")`);
    const chosen = shuffled(heroes()).slice(0, PAIRS);
    open = [];
    turns = 0;
    found = 0;
    board.replaceChildren(...shuffled([...chosen, ...chosen]).map(card));
    write();
    board.firstElementChild?.focus();
  }

  function card(entry, index) {
    const element = make('button', 'card');
    element.type = 'button';
    element.setAttribute('aria-label', `Card ${index + 1}, face down`);
    const picture = Object.assign(new Image(), { src: entry.url, alt: '' });
    const name = make('span', 'name', entry.asset.name);
    const face = make('span', 'face');
    face.append(picture, name);
    element.append(face);
    element.addEventListener('click', () => turn({ element, entry, index }));
    return element;
  }

  const flip = ({ element, entry, index }, up) => {
    element.classList.toggle('up', up);
    element.setAttribute('aria-label', `Card ${index + 1}, ${up ? entry.asset.name : 'face down'}`);
  };

  function turn(one) {
    if (open.length === 2 || one.element.classList.contains('up')) return;
    flip(one, true);
    open.push(one);
    play('sounds/sling.ogg');
    if (open.length < 2) return;
    turns += 1;
    const [a, b] = open;
    if (a.entry === b.entry) {
      found += 1;
      open = [];
      a.element.classList.add('found');
      b.element.classList.add('found');
      play(found === PAIRS ? 'sounds/horn-signals/horn-1.ogg' : 'sounds/gold.ogg');
    } else {
      setTimeout(() => {
        if (open[0] !== a) return; // dealt again meanwhile
        flip(a, false);
        flip(b, false);
        open = [];
      }, LOOK_MS);
    }
    write();
  }

  function write() {
    score.textContent = found === PAIRS ? `All ${PAIRS} pairs in ${turns} turns. Well played!`
      : `${found} of ${PAIRS} pairs, ${turns} ${turns === 1 ? 'turn' : 'turns'}`;
  }

  return {
    ready: () => heroes().length >= PAIRS,
    start() {
      deal();
      dialog.showModal();
      board.firstElementChild?.focus();
    },
  };
}

function shuffled(list) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i -= 1) {
    const j = Math.floor(Math.random() * (i + 1));
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}
