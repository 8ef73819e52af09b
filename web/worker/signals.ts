/**
 * signals.ts: brings two visitors together: the engine's dials and the tracker's offers become
 * connections of the page, whose channels become links.
 * CONTRACT  a dial ends in link-opened (by links.ts) or dial-failed. Offers that exceed kConnsMax are
 *           not answered.
 * SPEC      docs/formats/realms.md, docs/formats/tracker.md.
 */
import type { Dial, Hex, Input } from '../engine/io.js';
import { randomHex } from '../hex.js';
import type { WorkerToPage } from '../messages.js';
import type { Catalog } from './catalog.js';
import type { Channel, Links } from './links.js';
import type { Tracker } from './tracker.js';

/** Twice the engine's links_max: connections that are being made count, too. */
const kConnsMax = 48;
/** A connection that has no open channel by then is given up; ICE gives up after 15–30 s. */
const kOpenWithinMs = 15_000;

interface Conn {
  id: number;
  torrent: number;
  hash: Hex;
  peer: Hex;
  /** 0: the other side dialled. */
  dial: number;
  offerId: Hex;
  open: boolean;
  timer: ReturnType<typeof setTimeout>;
}

export class Signals {
  private readonly conns = new Map<number, Conn>();
  private next = 1;
  tracker: Tracker | null = null;
  links: Links | null = null;
  ice: string[];
  /** False: offers are ignored (policy). */
  welcome = true;

  constructor(
    private readonly catalog: Catalog,
    private readonly put: (input: Input) => void,
    private readonly toPage: (message: WorkerToPage) => void,
    ice: string[],
  ) {
    this.ice = ice;
  }

  dial({ dial, torrent, peer }: Dial): void {
    // Everybody who has a hybrid is in the swarm of its v1 hash, stock clients in no other.
    const known = this.catalog.torrent(torrent);
    const hash = known?.v1 || known?.hash;
    if (!hash || !this.tracker || this.conns.size >= kConnsMax) {
      return this.put({ t: 'dial-failed', dial });
    }
    const conn = this.add({ torrent, hash, peer, dial, offerId: randomHex(20) });
    this.toPage({ t: 'dial', conn: conn.id, ice: this.ice });
  }

  /** The tracker relays somebody's offer. */
  offered(short: Hex, peer: Hex, offerId: Hex, sdp: string): void {
    const torrent = this.catalog.byShortHash(short);
    if (!torrent || !this.welcome || this.conns.size >= kConnsMax) return;
    const conn = this.add({ torrent: torrent.id, hash: short, peer, dial: 0, offerId });
    this.toPage({ t: 'accept', conn: conn.id, sdp, ice: this.ice });
  }

  answered(offerId: Hex, sdp: string): void {
    const conn = this.byOffer(offerId);
    if (conn) this.toPage({ t: 'remote', conn: conn.id, sdp });
  }

  gone(offerId: Hex): void {
    const conn = this.byOffer(offerId);
    if (conn) this.end(conn.id);
  }

  /** The page made our half: send it to the other side. */
  local(id: number, sdp: string): void {
    const conn = this.conns.get(id);
    if (!conn || !this.tracker) return this.end(id);
    if (conn.dial !== 0) this.tracker.offer(conn.hash, conn.peer, conn.offerId, sdp);
    else this.tracker.answer(conn.hash, conn.peer, conn.offerId, sdp);
  }

  channel(id: number, channel: Channel): void {
    const conn = this.conns.get(id);
    if (!conn || !this.links) return channel.close();
    const { torrent, peer, dial } = conn;
    this.links.take(id, channel, { torrent, peer, dial });
  }

  /** Its channel is open: from now on the link tells when it ends. */
  opened(id: number): void {
    const conn = this.conns.get(id);
    if (!conn) return;
    conn.open = true;
    clearTimeout(conn.timer);
  }

  /** A connection is over, whoever says so. */
  end(id: number): void {
    const conn = this.conns.get(id);
    if (!conn) return;
    this.conns.delete(id);
    clearTimeout(conn.timer);
    this.toPage({ t: 'close', conn: id });
    if (conn.dial !== 0 && !conn.open) this.put({ t: 'dial-failed', dial: conn.dial });
  }

  private add(what: Omit<Conn, 'id' | 'open' | 'timer'>): Conn {
    const id = this.next;
    this.next += 1;
    const timer = setTimeout(() => this.end(id), kOpenWithinMs);
    const conn = { ...what, id, open: false, timer };
    this.conns.set(id, conn);
    return conn;
  }

  private byOffer(offerId: Hex): Conn | undefined {
    for (const conn of this.conns.values()) {
      if (conn.offerId === offerId && conn.dial !== 0) return conn;
    }
    return undefined;
  }
}
