/**
 * view.ts: the picture of a server, for a person.
 * CONTRACT  Shown once, then updated in place, so that focus, open details and a screen reader's
 *           position stay where they are.
 */
import type { Metrics, Picture, Site, Swarm } from './api.js';
import { draw, split } from './charts.js';
import { h } from './dom.js';
import { bytes, clock, count, date, money, percent, roundBytes, span } from './format.js';
import { asTable, table } from './table.js';

const kPrice = 'skep-admin-price';
const kFilesShown = 25;

/** What the origin sent of the site's files: what peers could have saved. */
const originBytes = (m: Metrics): number =>
  (m.bytes_by_kind['site'] ?? 0) + (m.bytes_by_kind['web_seed'] ?? 0);
const peerBytes = (m: Metrics): number => m.tracker.reported_downloaded;

function card(id: string, title: string): { element: HTMLElement; body: HTMLElement } {
  const body = h('div');
  const element = h(
    'section',
    { class: 'card', 'aria-labelledby': id },
    h('h2', { id }, title),
    body,
  );
  return { element, body };
}

/** One number with its name. */
class Figure {
  readonly element: HTMLElement;
  private readonly value = h('p', { class: 'figure-value' });
  private readonly note = h('p', { class: 'note' });

  constructor(name: string) {
    this.element = h('div', { class: 'card' }, h('p', { class: 'figure-name' }, name));
    this.element.append(this.value, this.note);
  }
  show(value: string, note: string): void {
    this.value.textContent = value;
    this.note.textContent = note;
  }
}

export class View {
  readonly element: HTMLElement;
  private readonly alert = h('p', { class: 'alert', role: 'alert' });
  private readonly status = h('p', { role: 'status' });
  private readonly live = new Figure('Visitors sharing now');
  private readonly share = new Figure('Served by visitors');
  private readonly saved = new Figure('Saved by visitors');
  private readonly load = new Figure('Requests per second');
  private readonly sources = card('sources', 'Where the bytes came from');
  private readonly flow = card('flow', 'Bytes per second, last hour');
  private readonly crowd = card('crowd', 'Visitors, last hour');
  private readonly files = card('files', 'Most requested files');
  private readonly versions = card('versions', 'Versions');
  private readonly errors = card('errors', 'Errors');
  private readonly price = h('input', {
    id: 'price',
    type: 'number',
    min: '0',
    step: '0.01',
    inputmode: 'decimal',
  });
  private last: Picture | null = null;

  constructor(leave: () => void) {
    const out = h('button', { type: 'button' }, 'Sign out');
    out.addEventListener('click', leave);
    this.price.value = localStorage.getItem(kPrice) ?? '0.08';
    this.price.addEventListener('input', () => {
      localStorage.setItem(kPrice, this.price.value);
      if (this.last) this.show(this.last);
    });
    this.saved.element.append(
      h('div', { class: 'price' }, h('label', { for: 'price' }, 'Price per GB'), this.price),
    );
    const figures = [this.live, this.share, this.saved, this.load].map(({ element }) => element);
    this.element = h(
      'div',
      {},
      h('header', { class: 'bar' }, h('h1', {}, `Skep · ${location.host}`), this.status, out),
      h(
        'main',
        { id: 'main', tabindex: -1 },
        this.alert,
        h('section', { class: 'grid figures', 'aria-label': 'Now' }, ...figures),
        h('div', { class: 'grid wide' }, this.sources.element, this.versions.element),
        h('div', { class: 'grid wide' }, this.flow.element, this.crowd.element),
        h('div', { class: 'grid wide' }, this.files.element, this.errors.element),
      ),
      h(
        'footer',
        {},
        h('p', {}, 'What visitors gave each other is what they report; the server bounds it.'),
      ),
    );
  }

  fail(reason: string): void {
    this.alert.textContent = `${reason} Trying again.`;
  }

  show(picture: Picture): void {
    const first = this.last === null;
    this.last = picture;
    const m = picture.metrics;
    this.alert.textContent = '';
    // Said once: a screen reader must not be told the same every few seconds.
    if (first) this.status.textContent = `running for ${span(m.uptime_s)}, version ${m.version}`;
    const total = originBytes(m) + peerBytes(m);
    this.live.show(count(m.tracker.peers), `${count(m.connections)} connections`);
    this.share.show(
      total === 0 ? '–' : percent(peerBytes(m) / total),
      `${bytes(peerBytes(m))} of ${bytes(total)}`,
    );
    const price = Number(this.price.value) || 0;
    this.saved.show(money((peerBytes(m) / 1e9) * price), `since ${date(m.unix_s - m.uptime_s)}`);
    this.load.show(count(m.requests_per_s), `${count(m.tracker.announces_per_s)} announces`);
    this.showSources(m);
    this.showHistory(m);
    this.showFiles(m);
    this.showVersions(picture.site, m.tracker.swarms);
    this.showErrors(m);
  }

  private showSources(m: Metrics): void {
    const kinds = Object.entries(m.bytes_by_kind).filter(([, value]) => value > 0);
    const names: { [kind: string]: string } = {
      site: 'the site’s files',
      web_seed: 'BitTorrent web seed',
      runtime: 'Skep’s own scripts',
      torrent: 'torrents',
      pointer: 'pointers',
      other: 'other answers',
    };
    this.sources.body.replaceChildren(
      split([
        { mark: 'peers', value: peerBytes(m) },
        { mark: 'origin', value: originBytes(m) },
      ]),
      h(
        'ul',
        { class: 'legend' },
        h('li', { class: 'peers' }, `visitors ${bytes(peerBytes(m))}`),
        h('li', { class: 'origin' }, `this server ${bytes(originBytes(m))}`),
      ),
      this.keepOpen(
        this.sources.body,
        asTable(
          table(
            'What was sent, by kind',
            [{ title: 'Kind' }, { title: 'Bytes', number: true }],
            [
              ['visitors to each other', bytes(peerBytes(m))],
              ...kinds.map(([kind, value]) => [names[kind] ?? kind, bytes(value)]),
            ],
          ),
        ),
      ),
    );
  }

  private showHistory(m: Metrics): void {
    const { history } = m;
    if (history.length < 2) {
      const wait = `The first points appear within ${m.history_step_s * 2} seconds.`;
      this.flow.body.replaceChildren(h('p', { class: 'note' }, wait));
      this.crowd.body.replaceChildren(h('p', { class: 'note' }, wait));
      return;
    }
    const times = history.map((sample) => sample.unix_s);
    const peers = history.map((sample) => sample.peers_downloaded / m.history_step_s);
    const origin = history.map((sample) => sample.bytes_sent / m.history_step_s);
    const rate = (value: number): string => `${bytes(value)}/s`;
    const rows = history.map((sample, i) => [
      clock(sample.unix_s),
      rate(peers[i] ?? 0),
      rate(origin[i] ?? 0),
      count(sample.peers),
    ]);
    const numbers = this.keepOpen(
      this.flow.body,
      asTable(
        table(
          'Newest first',
          [
            { title: 'Time' },
            { title: 'Visitors gave', number: true },
            { title: 'Server sent', number: true },
            { title: 'Visitors', number: true },
          ],
          rows.reverse(),
        ),
      ),
    );
    const peak = Math.max(...peers.map((value, i) => value + (origin[i] ?? 0)));
    this.flow.body.replaceChildren(
      h(
        'ul',
        { class: 'legend' },
        h('li', { class: 'peers' }, 'visitors'),
        h('li', { class: 'origin' }, 'this server'),
      ),
      draw({
        summary: `Bytes per second from ${clock(times[0] ?? 0)} to now; at most ${rate(peak)}.`,
        times,
        stacked: true,
        print: roundBytes,
        series: [
          { mark: 'origin-area', values: origin },
          { mark: 'peers-area', values: peers },
        ],
      }),
      numbers,
    );
    const visitors = history.map((sample) => sample.peers);
    const most = Math.max(...visitors);
    this.crowd.body.replaceChildren(
      h('p', { class: 'note' }, `${count(visitors.at(-1) ?? 0)} now, ${count(most)} at most`),
      draw({
        summary: `Visitors that share: ${visitors.at(-1) ?? 0} now, ${most} at most in this time.`,
        times,
        stacked: false,
        print: (value) => (Number.isInteger(value) ? count(value) : ''),
        series: [{ mark: 'peers-line', values: visitors }],
      }),
    );
  }

  private showFiles(m: Metrics): void {
    if (m.top_files.length === 0) {
      this.files.body.replaceChildren(h('p', { class: 'note' }, 'Nothing was asked for yet.'));
      return;
    }
    const most = m.top_files[0]?.requests ?? 1;
    const rows = m.top_files.slice(0, kFilesShown).map(({ path, requests, bytes: sent }) => {
      const meter = h('span', { class: 'meter', 'aria-hidden': 'true' });
      meter.style.width = `${(100 * requests) / Math.max(most, 1)}%`;
      return [h('span', {}, path || '/', meter), count(requests), bytes(sent)];
    });
    this.files.body.replaceChildren(
      table(
        'As asked of this server; visitors’ own exchange is not in it',
        [
          { title: 'File', path: true },
          { title: 'Requests', number: true },
          { title: 'Sent', number: true },
        ],
        rows,
      ),
    );
  }

  private showVersions(site: Site | null, swarms: Swarm[]): void {
    const newest = new Set(site?.info_hashes.map((hash) => hash.slice(0, 40)));
    const rows = swarms.map(({ info_hash, complete, incomplete, reported_downloaded }) => [
      h('code', {}, info_hash.slice(0, 12)),
      newest.has(info_hash) ? 'newest' : 'older',
      count(complete + incomplete),
      count(complete),
      bytes(reported_downloaded),
    ]);
    const about = site
      ? `Signed ${date(site.seq)}, valid until ${date(site.expires)}.`
      : 'This server has no publication: it is a tracker only.';
    this.versions.body.replaceChildren(
      h('p', { class: 'note' }, about),
      rows.length === 0
        ? h('p', { class: 'note' }, 'No visitor has joined yet.')
        : table(
            'Swarms',
            [
              { title: 'Version' },
              { title: 'State' },
              { title: 'Visitors', number: true },
              { title: 'Complete', number: true },
              { title: 'Shared', number: true },
            ],
            rows,
          ),
    );
  }

  private showErrors(m: Metrics): void {
    const bad = Object.entries(m.requests_by_status).filter(([status]) => Number(status) >= 400);
    const answers = bad.map(([status, number]) => [status, count(number)]);
    this.errors.body.replaceChildren(
      m.recent_errors.length === 0
        ? h('p', { class: 'note' }, 'Nothing went wrong.')
        : h(
            'ol',
            { class: 'errors' },
            ...m.recent_errors
              .slice(-10)
              .reverse()
              .map(({ unix_s, text }) => h('li', {}, h('time', {}, date(unix_s)), text)),
          ),
      answers.length === 0
        ? ''
        : table(
            'Refused or failed answers since the start',
            [{ title: 'Status' }, { title: 'Answers', number: true }],
            answers,
          ),
    );
  }

  /** What replaces an open <details> is open, too, and keeps the focus. */
  private keepOpen(where: HTMLElement, next: HTMLElement): HTMLElement {
    const old = where.querySelector('details');
    if (old?.open) next.setAttribute('open', '');
    if (old && old.contains(document.activeElement)) {
      queueMicrotask(() => next.querySelector('summary')?.focus());
    }
    return next;
  }
}
