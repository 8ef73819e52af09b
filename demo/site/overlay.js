// The sentence, the bar and the four numbers. Repainted a few times a second, never per byte.

import { megabytesText, percentOf, rateText } from './format.js';
import { SOURCES } from './ledger.js';

export function createOverlay(ledger, onFilter) {
  const headline = document.getElementById('headline');
  const lead = document.getElementById('lead');
  const bar = document.getElementById('bar');
  const segments = Object.fromEntries(SOURCES.map((s) => [s, bar.querySelector(`[data-from="${s}"]`)]));
  const cards = Object.fromEntries([...document.querySelectorAll('.source')]
    .map((card) => [card.dataset.from, card]));
  let only = null;

  for (const source of SOURCES) {
    cards[source].addEventListener('click', () => {
      only = only === source ? null : source;
      for (const each of SOURCES) cards[each].setAttribute('aria-pressed', String(each === only));
      onFilter(only);
    });
  }

  function paintSource(source, totals, rates, finished) {
    const percent = percentOf(totals[source], totals.all);
    segments[source].style.width = `${(totals[source] / ledger.total) * 100}%`;
    const wide = totals[source] / ledger.total > 0.07;
    write(segments[source], wide ? `${percent} %` : '');
    const card = cards[source];
    write(card.querySelector('.bytes'), megabytesText(totals[source]));
    write(card.querySelector('.share'), `${percent} %`);
    if (source !== 'store') {
      const rate = rateText(rates[source]);
      write(card.querySelector('.rate'), rate === 'idle' && finished ? 'done' : rate);
    }
  }

  return {
    update({ totals, rates, uploaded, peers, mode, finished, failed }) {
      for (const source of SOURCES) paintSource(source, totals, rates, finished);
      write(cards.given.querySelector('.bytes'), megabytesText(uploaded));
      write(cards.given.querySelector('.rate'), rateText(rates.upload));
      const [big, rest, more] = sentence({ totals, total: ledger.total, peers, mode, finished, failed });
      write(headline, `${big}${rest}`, () => {
        const strong = Object.assign(document.createElement('b'), { textContent: big });
        strong.classList.toggle('number', /^[\d.]/.test(big));
        headline.replaceChildren(strong, rest);
      });
      if (more) write(lead, more);
      bar.setAttribute('aria-label', SOURCES
        .map((s) => `${cards[s].querySelector('.name').textContent}: ${percentOf(totals[s], totals.all)} %`)
        .join(', '));
    },
    say(text) {
      document.getElementById('spoken').textContent = text;
    },
    text: () => headline.textContent,
  };
}

const EARLY_BYTES = 4e6; // before this much has arrived, "nobody is here" would be a guess
const HOW = 'Skep lets the visitors of a site serve it to each other. Every byte is checked against the '
  + "site's signature; the origin server fills in what visitors cannot.";

/** [what stands out, the rest of the sentence, the paragraph below] */
export function sentence({ totals, total, peers, mode, finished, failed = 0 }) {
  const size = megabytesText(finished ? totals.all : total);
  const peer = percentOf(totals.peer, totals.all);
  const store = percentOf(totals.store, totals.all);
  if (failed > 0 && finished) {
    return [failed === 1 ? '1 file' : `${failed} files`,
      ' could not be loaded. Press the red tiles to try again.', HOW];
  }
  if (mode === 'off') {
    return [size,
      finished ? ' came from the origin server by plain HTTP.' : ' are on their way by plain HTTP.',
      'Skep is off here, so this is an ordinary web page: the same for you, but the site pays for every byte.'];
  }
  if (totals.all === 0) return ['Looking for visitors', ' who already have this page…', HOW];
  const when = finished ? '' : ' so far';
  if (peer > 0 && peer + 5 >= store) {
    return [`${peer} %`, ` of this page's ${size} came from other visitors' browsers${when}.`, HOW];
  }
  if (store > 0) {
    return [`${store} %`, ` of this page's ${size} was already in your own store${when}.`,
      'You were here before: Skep kept what you fetched, checked it, and now serves it to you, even '
      + 'offline, and to others.'];
  }
  if (!finished && (peers > 0 || totals.all < EARLY_BYTES)) {
    return ['Asking other visitors', ` for this page's ${size}; the first files come from the origin.`, HOW];
  }
  if (!finished) return ['Nobody else is here yet,', ` so this page's ${size} come from the origin server.`, HOW];
  return ['You are the first visitor:', ` all ${size} came from the origin server.`,
    'Now keep this page open and visit it from another browser, or a private window: that one will '
    + 'get its pictures from you.'];
}

function write(element, text, put = () => { element.textContent = text; }) {
  if (element.textContent !== text) put();
}
