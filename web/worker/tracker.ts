/**
 * tracker.ts: the tracker's WebSocket: announces, candidates, one offer for a chosen peer, answers.
 * CONTRACT  `up` and `down` alternate. Announces made while it is down are dropped: the engine makes
 *           them again when it is up.
 * SPEC      docs/formats/tracker.md.
 * LIMITS    kMessageMax received; candidates as the tracker bounds them (50).
 */
import type { Announce, Hex } from '../engine/io.js';
import { binaryToHex, hexToBinary } from '../hex.js';

/** An SDP is 1–3 KB; fifty candidates 5 KB. */
const kMessageMax = 64 * 1024;
const kCandidatesMax = 50;
const kRetryFirstMs = 1000;
const kRetryMaxMs = 120_000;

export interface TrackerEvents {
  changed(up: boolean): void;
  reply(hash: Hex, intervalS: number, candidates: Hex[]): void;
  offer(hash: Hex, peer: Hex, offerId: Hex, sdp: string): void;
  answer(offerId: Hex, sdp: string): void;
  /** The peer of this offer has left. */
  goneOffer(offerId: Hex): void;
  /** STUN and TURN URLs that the tracker recommends. */
  ice(urls: string[]): void;
}

type Message = { [name: string]: unknown };
const isObject = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

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
    private readonly events: TrackerEvents,
  ) {
    this.connect();
  }

  announce(hash: Hex, announce: Announce): void {
    const skep: Message = { candidates: announce.want };
    const pointer = this.pointer();
    if (pointer) skep['pointer'] = btoa(String.fromCharCode(...pointer));
    const message: Message = {
      numwant: announce.want,
      uploaded: announce.uploaded,
      downloaded: announce.downloaded,
      left: announce.left,
      skep,
    };
    if (announce.event !== 'none') message['event'] = announce.event;
    this.send(hash, message);
  }
  offer(hash: Hex, to: Hex, offerId: Hex, sdp: string): void {
    this.send(hash, {
      to_peer_id: hexToBinary(to),
      offer: { type: 'offer', sdp },
      offer_id: hexToBinary(offerId),
    });
  }
  answer(hash: Hex, to: Hex, offerId: Hex, sdp: string): void {
    this.send(hash, {
      to_peer_id: hexToBinary(to),
      answer: { type: 'answer', sdp },
      offer_id: hexToBinary(offerId),
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

  private send(hash: Hex, more: Message): void {
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
    this.events.changed(up);
  }

  private receive(data: unknown): void {
    if (typeof data !== 'string' || data.length > kMessageMax) return;
    let message: unknown;
    try {
      message = JSON.parse(data);
    } catch {
      return;
    }
    if (!isObject(message) || message['action'] !== 'announce') return;
    const hash = binaryToHex(message['info_hash'], 20);
    if (hash !== null) this.announced(hash, message);
  }

  private announced(hash: Hex, message: Message): void {
    const { offer, answer, skep, interval } = message;
    const peer = binaryToHex(message['peer_id'], 20);
    const offerId = binaryToHex(message['offer_id'], 20);
    const sdpOf = (value: Message): string | null =>
      typeof value['sdp'] === 'string' ? value['sdp'] : null;
    if (isObject(offer)) {
      const sdp = sdpOf(offer);
      if (peer !== null && offerId !== null && sdp !== null && peer !== this.self) {
        this.events.offer(hash, peer, offerId, sdp);
      }
    } else if (isObject(answer)) {
      const sdp = sdpOf(answer);
      if (offerId !== null && sdp !== null) this.events.answer(offerId, sdp);
    } else if (isObject(skep) && 'gone' in skep) {
      const gone = binaryToHex(skep['offer_id'] ?? message['offer_id'], 20);
      if (gone !== null) this.events.goneOffer(gone);
    } else if (typeof interval === 'number') {
      const extra = isObject(skep) ? skep : {};
      if (Array.isArray(extra['ice'])) {
        this.events.ice(extra['ice'].filter((url): url is string => typeof url === 'string'));
      }
      this.events.reply(hash, Math.max(0, Math.floor(interval)), candidates(extra['candidates']));
    }
  }
}

function candidates(list: unknown): Hex[] {
  if (!Array.isArray(list)) return [];
  return list
    .slice(0, kCandidatesMax)
    .map((item) => binaryToHex(isObject(item) ? item['peer_id'] : null, 20))
    .filter((peer): peer is Hex => peer !== null);
}
