/**
 * signals.ts: brings two visitors together: the engine's dials and the tracker's offers become
 * connections of the page, whose channels become links.
 * CONTRACT  a dial ends in link-opened (by links.ts) or dial-failed. Offers that exceed kConnsMax are
 *           not answered.
 * SPEC      docs/formats/realms.md, docs/formats/tracker.md.
 */
import type { Dial, Hex } from '../engine/io.js';
import { randomHex } from '../hex.js';
import * as catalog from './catalog.js';
import type { PageToWorker } from '../messages.js';
import { options, toPage } from './here.js';
import { take, type Channel } from './links.js';
import { put } from './pump.js';
import type { Signal, Tracker } from './tracker.js';

/** Twice the engine's links_max: connections that are being made count, too. */
const kConnsMax = 48;
/** A connection that has no open channel by then is given up; ICE gives up after 15–30 s. */
const kOpenWithinMs = 15_000;

/** -SK, how the peer ids of this software begin. */
const kOurs = '2d534b';

type Local = Extract<PageToWorker, { t: 'local' }>;

interface Conn {
  id: number;
  torrent: number;
  hash: Hex;
  peer: Hex;
  /** 0: the other side dialled. */
  dial: number;
  offerId: Hex;
  /** The candidates that the other side was told, after our half; undefined: nothing yet. */
  told?: string;
  open: boolean;
  timer: ReturnType<typeof setTimeout>;
}

const conns = new Map<number, Conn>();
let next = 1;

/** What changes while the worker lives. */
export const now: {
  tracker: Tracker | null;
  /** False: offers are ignored (policy). */
  welcome: boolean;
} = { tracker: null, welcome: true };
/** STUN and TURN URLs. */
let ice: string[];

/** The tracker knows of these STUN and TURN servers, beside those of the page's tag. */
export function recommended(urls: string[]): void {
  ice = [...new Set([...options.ice, ...urls])];
}

export function dial({ dial, torrent, peer }: Dial): void {
  // Everybody who has a hybrid is in the swarm of its v1 hash, stock clients in no other.
  const known = catalog.torrent(torrent);
  const hash = known?.v1 || known?.hash;
  if (!hash || !now.tracker || conns.size >= kConnsMax) {
    return put({ t: 'dial-failed', dial });
  }
  const conn = add({ torrent, hash, peer, dial, offerId: randomHex(20) });
  toPage({ t: 'dial', conn: conn.id, ice });
}

/** The tracker relays somebody's offer. */
export function offered(short: Hex, peer: Hex, offerId: Hex, sdp: string): void {
  const torrent = catalog.byShortHash(short);
  if (!torrent || !now.welcome || conns.size >= kConnsMax) return;
  const conn = add({ torrent: torrent.id, hash: short, peer, dial: 0, offerId });
  toPage({ t: 'accept', conn: conn.id, sdp, ice });
}

/** An answer to our offer, or candidates for it or for one that we answered. */
export function answered(offerId: Hex, sdp: string): void {
  const conn = byOffer(offerId);
  if (conn) toPage({ t: 'remote', conn: conn.id, sdp });
}

export function gone(offerId: Hex): void {
  const conn = byOffer(offerId);
  if (conn) end(conn.id);
}

/** The page made our half: send it to the other side, candidates after it. Stock clients want it whole. */
export function local({ conn: id, type, sdp, whole }: Local): void {
  const conn = conns.get(id);
  if (!conn || !now.tracker) return end(id);
  const { told, hash, peer, offerId } = conn;
  if (!peer.startsWith(kOurs) && (told !== undefined || !whole)) return;
  conn.told = [...sdp.matchAll(/candidate:.*\w/g)].join('\n');
  const news: [Signal, string] = told === undefined ? [type, sdp] : ['candidate', conn.told];
  if (conn.told !== told) now.tracker.signal(hash, peer, offerId, ...news);
}

export function channel(id: number, channel: Channel): void {
  const conn = conns.get(id);
  if (!conn) return channel.close();
  const { torrent, peer, dial } = conn;
  take(id, channel, { torrent, peer, dial });
}

/** Its channel is open: from now on the link tells when it ends. */
export function opened(id: number): void {
  const conn = conns.get(id);
  if (!conn) return;
  conn.open = true;
  clearTimeout(conn.timer);
}

/** A connection is over, whoever says so. */
export function end(id: number): void {
  const conn = conns.get(id);
  if (!conn) return;
  conns.delete(id);
  clearTimeout(conn.timer);
  toPage({ t: 'close', conn: id });
  if (conn.dial !== 0 && !conn.open) put({ t: 'dial-failed', dial: conn.dial });
}

function add(what: Omit<Conn, 'id' | 'open' | 'timer'>): Conn {
  const id = next;
  next += 1;
  const timer = setTimeout(() => end(id), kOpenWithinMs);
  const conn = { ...what, id, open: false, timer };
  conns.set(id, conn);
  return conn;
}

function byOffer(offerId: Hex): Conn | undefined {
  return [...conns.values()].find((conn) => conn.offerId === offerId);
}
