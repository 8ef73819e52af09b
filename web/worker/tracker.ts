/**
 * tracker.ts: the tracker's WebSocket: announces, candidates, one offer for a chosen peer, answers.
 * CONTRACT  `up` and `down` alternate. Announces made while it is down are dropped: the engine makes
 *           them again when it is up.
 * SPEC      docs/formats/tracker.md.
 * LIMITS    kMessageMax received; candidates as the tracker bounds them (50).
 */
import type { Announce, Hex } from '../engine/io.js';
import { binaryToHex, hexToBinary } from '../hex.js';
import { alone } from './acquaintance.js';
import { byShortHash } from './catalog.js';
import { put } from './pump.js';
import * as signals from './signals.js';

/** An SDP is 1–3 KB; fifty candidates 5 KB. */
const kMessageMax = 64 * 1024;
const kCandidatesMax = 50;
const kRetryFirstMs = 1000;
const kRetryMaxMs = 120_000;

/** What may be in a message; nothing of it is certain. */
interface Message {
  action?: unknown;
  info_hash?: unknown;
  peer_id?: unknown;
  offer_id?: unknown;
  interval?: unknown;
  offer?: { sdp?: unknown } | null;
  answer?: { sdp?: unknown } | null;
  candidate?: { sdp?: unknown } | null;
  skep?: { gone?: unknown; offer_id?: unknown; ice?: unknown; candidates?: unknown } | null;
}
export type Signal = 'offer' | 'answer' | 'candidate';
const idOf = (value: unknown): Hex | null => binaryToHex(value, 20);

export class Tracker {
  private socket: WebSocket | null = null;
  private up = false;
  private retryMs = kRetryFirstMs;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private stopped = false;

  constructor(
    private readonly url: string,
    private readonly self: Hex,
    /** The site's signed pointer, for a tracker that does not serve the site itself. */
    private readonly pointer: () => Uint8Array | null,
  ) {
    this.connect();
  }

  announce(hash: Hex, { want, uploaded, downloaded, left, event }: Announce): void {
    const pointer = this.pointer();
    this.send(hash, {
      numwant: want,
      uploaded,
      downloaded,
      left,
      skep: {
        candidates: want,
        ...(pointer && { pointer: btoa(String.fromCharCode(...pointer)) }),
      },
      ...(event !== 'none' && { event }),
    });
  }
  /** Our half of a connection, or candidates for it, for a chosen peer. */
  signal(hash: Hex, to: Hex, offerId: Hex, type: Signal, sdp: string): void {
    this.send(hash, {
      to_peer_id: hexToBinary(to),
      offer_id: hexToBinary(offerId),
      [type]: { type, sdp },
    });
  }
  /** Back on line: do not wait for the back-off. */
  retryNow(): void {
    if (this.socket || this.stopped) return;
    this.retryMs = kRetryFirstMs;
    clearTimeout(this.timer);
    this.connect();
  }
  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  private send(hash: Hex, more: object): void {
    if (!this.up) return;
    const message = {
      action: 'announce',
      info_hash: hexToBinary(hash.slice(0, 40)),
      peer_id: hexToBinary(this.self),
      ...more,
    };
    this.socket?.send(JSON.stringify(message));
  }

  private connect(): void {
    let socket: WebSocket;
    try {
      socket = new WebSocket(this.url);
    } catch {
      return; // not a WebSocket URL: there is no tracker
    }
    this.socket = socket;
    socket.onopen = () => {
      this.retryMs = kRetryFirstMs;
      this.change(true);
    };
    socket.onmessage = ({ data }) => this.receive(data);
    socket.onclose = () => {
      this.socket = null;
      this.change(false);
      if (this.stopped) return;
      // Half of the wait is random: visitors of a restarted tracker must not return together.
      const wait = this.retryMs * (0.5 + Math.random() / 2);
      this.timer = setTimeout(() => this.connect(), wait);
      this.retryMs = Math.min(this.retryMs * 2, kRetryMaxMs);
    };
  }

  private change(up: boolean): void {
    if (this.up === up) return;
    this.up = up;
    put({ t: 'tracker-changed', up });
  }

  private receive(data: unknown): void {
    if (typeof data !== 'string' || data.length > kMessageMax) return;
    let message: Message | null;
    try {
      message = JSON.parse(data) as Message | null;
    } catch {
      return;
    }
    const hash = idOf(message?.info_hash);
    if (message?.action === 'announce' && hash !== null) this.announced(hash, message);
  }

  private announced(hash: Hex, message: Message): void {
    const { offer, answer, candidate, skep, interval } = message;
    const peer = idOf(message.peer_id);
    const offerId = idOf(message.offer_id ?? skep?.offer_id);
    const sdp = (offer ?? answer ?? candidate)?.sdp;
    if (typeof sdp === 'string') {
      if (offerId === null) return;
      if (!offer) signals.answered(offerId, sdp);
      else if (peer !== null && peer !== this.self) signals.offered(hash, peer, offerId, sdp);
    } else if (skep?.gone !== undefined) {
      if (offerId !== null) signals.gone(offerId);
    } else if (typeof interval === 'number') {
      const { ice, candidates: listed } = skep ?? {};
      if (Array.isArray(ice)) signals.recommended(ice.filter((url) => typeof url === 'string'));
      const candidates = peersOf(listed);
      if (candidates.length === 0) alone();
      const torrent = byShortHash(hash)?.id;
      const intervalS = Math.max(0, Math.floor(interval));
      if (torrent) put({ t: 'announce-reply', torrent, intervalS, candidates });
    }
  }
}

const peersOf = (list: unknown): Hex[] =>
  (Array.isArray(list) ? (list as ({ peer_id?: unknown } | null)[]) : [])
    .slice(0, kCandidatesMax)
    .map((item) => idOf(item?.peer_id))
    .filter((peer) => peer !== null);
