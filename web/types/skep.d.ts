/**
 * skep.d.ts: the page's view of Skep: what `<script type="module" src="skep.js">` puts into `skep`.
 */

/** on: the service worker controls the page and the engine runs. off: plain HTTP. */
export type Mode = 'on' | 'off';

export interface Ready {
  mode: Mode;
  /** Why Skep is off; words for a log, not for a decision. */
  reason?: string;
}

/** Bytes by where they came from. */
export interface Sources {
  origin: number;
  peer: number;
  store: number;
}

/** One answered request for a shareable file; the three counts add up to its size. */
export interface Asset extends Sources {
  url: string;
  size: number;
}

export interface Peer {
  id: string;
  downBytesPerS: number;
  upBytesPerS: number;
  downloaded: number;
  uploaded: number;
}

export interface Stats {
  /** Since this page began. */
  bytes: Sources;
  rates: { originBytesPerS: number; peerBytesPerS: number; uploadBytesPerS: number };
  uploaded: number;
  peers: Peer[];
  /** The engine of all tabs of this site runs in this one. */
  leader: boolean;
}

export interface SkepRequestInit extends RequestInit {
  /** urgent: HTTP at once; normal; prefetch: from peers, when nothing else is going on. */
  urgency?: 'urgent' | 'normal' | 'prefetch';
}

export interface SkepEventMap {
  /** A shareable file was answered. */
  asset: CustomEvent<Asset>;
  /** About once a second while the engine runs: stats() has news. */
  stats: CustomEvent<Stats>;
  /** Skep went on or off after `ready`. */
  state: CustomEvent<Ready>;
}

export interface Skep {
  /** Resolves within two seconds, whatever is broken. */
  readonly ready: Promise<Ready>;
  /** What is known now. */
  readonly state: Ready;
  /** fetch(), through Skep where possible. */
  fetch(url: string | URL, init?: SkepRequestInit): Promise<Response>;
  /** The latest numbers; all zero while Skep is off. */
  stats(): Stats;
  addEventListener<K extends keyof SkepEventMap>(
    type: K,
    listener: (event: SkepEventMap[K]) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  removeEventListener<K extends keyof SkepEventMap>(
    type: K,
    listener: (event: SkepEventMap[K]) => void,
    options?: boolean | EventListenerOptions,
  ): void;
}

declare global {
  // eslint-disable-next-line no-var
  var skep: Skep;
}
