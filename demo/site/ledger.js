// Who delivered each asset: the page's book of bytes.
//
// A fetched asset is settled by the first report about it in this visit; a later report only
// says that it was read again. What nobody reports came from the origin by plain HTTP.

export const SOURCES = ['origin', 'peer', 'store'];
const NAMES = { origin: 'the origin server', peer: 'other visitors', store: 'your own store' };

const plainUrl = (href) => {
  const url = new URL(href, document.baseURI);
  try {
    return url.origin + decodeURIComponent(url.pathname);
  } catch {
    return url.origin + url.pathname;
  }
};

export class Ledger {
  #byUrl = new Map();

  constructor(assets) {
    this.entries = assets.map((asset) => ({ asset, state: 'waiting', from: null, early: null }));
    for (const entry of this.entries) this.#byUrl.set(plainUrl(entry.asset.path), entry);
    this.total = assets.reduce((sum, asset) => sum + asset.bytes, 0);
  }

  /** The runtime says where an asset came from. Returns its entry once it is settled by this. */
  report({ url, origin = 0, peer = 0, store = 0 }) {
    const entry = this.#byUrl.get(plainUrl(url));
    if (!entry || entry.from) return null;
    entry.early ??= { origin, peer, store };
    if (entry.state !== 'loaded') return null;
    return this.#settle(entry, entry.early);
  }

  /** An asset arrived whole. Returns true if its source is known already. */
  loaded(entry) {
    entry.state = 'loaded';
    if (entry.early) this.#settle(entry, entry.early);
    return entry.from !== null;
  }

  /** Nobody reported this asset: plain HTTP. */
  unreported(entry) {
    return entry.from ? null : this.#settle(entry, { origin: entry.asset.bytes, peer: 0, store: 0 });
  }

  /** Bytes by source over everything settled so far. */
  totals() {
    const sum = { origin: 0, peer: 0, store: 0, all: 0 };
    for (const { from } of this.entries) {
      if (!from) continue;
      for (const source of SOURCES) sum[source] += from[source];
    }
    sum.all = sum.origin + sum.peer + sum.store;
    return sum;
  }

  // Scaled to the asset's size, so that what was sent twice does not count twice.
  #settle(entry, report) {
    const sum = report.origin + report.peer + report.store;
    const scale = sum > 0 ? entry.asset.bytes / sum : 0;
    entry.from = scale > 0
      ? { origin: report.origin * scale, peer: report.peer * scale, store: report.store * scale }
      : { origin: entry.asset.bytes, peer: 0, store: 0 };
    return entry;
  }
}

/** The source that gave most of an asset, or null while nobody knows. */
export function mainSource(entry) {
  if (!entry.from) return null;
  return SOURCES.reduce((best, s) => (entry.from[s] > entry.from[best] ? s : best), 'peer');
}

/** "from other visitors", "62 % from other visitors, 38 % from the origin server" */
export function sourceText(entry) {
  if (entry.state === 'failed') return 'could not be loaded, press to try again';
  if (!entry.from) return entry.state === 'loaded' ? 'loaded' : 'on its way';
  const parts = SOURCES.filter((s) => entry.from[s] > 0).sort((a, b) => entry.from[b] - entry.from[a]);
  if (parts.length === 1) return `from ${NAMES[parts[0]]}`;
  return parts.map((s) => `${Math.round((entry.from[s] / entry.asset.bytes) * 100)} % from ${NAMES[s]}`)
    .join(', ');
}
