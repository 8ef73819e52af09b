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

/** One answer of diagnose(): docs/diagnostics.md has them all. */
export interface Finding {
  id: string;
  /** problem: peers are not used because of this. */
  level: 'problem' | 'note' | 'good';
  text: string;
  advice: string;
  detail: string;
}

/** What the page has decided about peers, and what holds back most ('' : nothing). */
export interface Decision {
  usePeers: boolean;
  upload: boolean;
  prefetch: boolean;
  uploadRateBytesPerS: number;
  uploadTotalMax: number;
  uploadRatioPercent: number;
  why: string;
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
  /** Consent, pause, battery, network: something else is allowed now. */
  policy: CustomEvent<Decision>;
  /** The site has told the visitor's answer: consent(). */
  consent: CustomEvent<boolean>;
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
  /** Nothing is given to other visitors, or taken from them, in any tab of this site. Remembered. */
  pause(): void;
  /** Ends pause(), and uninstall({forGood: true}). */
  resume(): void;
  /**
   * Takes Skep out of this browser for this site: service worker, files, pages, choices. Resolves when it
   * is gone; rejects when something cannot be deleted. The next load installs it again, unless `forGood`.
   */
  uninstall(options?: { forGood?: boolean }): Promise<void>;
  /** The answer to data-consent, when the site asks by itself (data-notice="off"). Remembered. */
  consent(agreed: boolean): void;
  /** Says to the visitor what is shared and received, and lets it be stopped. Resolves when closed. */
  panel(): Promise<void>;
  /** Why are peers not used? With a URL: why not for this file? Takes up to 15 seconds. */
  diagnose(options?: { url?: string | URL }): Promise<Finding[]>;
  /**
   * A recording of the engine for a bug report (`skep replay FILE`), from its start to now. Null: nothing
   * is being recorded yet; from the next load on it will be.
   */
  trace(): Promise<Blob | null>;
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
