/**
 * messages.ts: every message between the page, the engine worker and the service worker.
 * SPEC      docs/formats/realms.md has the picture.
 */
import type { Urgency } from './engine/io.js';
import type { Asset, Mode, Stats } from './types/skep.js';

export type { Asset, Mode, Stats, Urgency };

/** What the script tag's data- attributes say. */
export interface Options {
  tracker?: string | undefined;
  /** Pinned public key, hex. */
  key?: string | undefined;
  peerGraceMs?: number | undefined;
  deadlineMs?: number | undefined;
  peers: boolean;
  /** notice: the visitor is told; ask: no peers before the visitor has agreed. */
  consent: 'off' | 'notice' | 'ask';
  upload: boolean;
  uploadRateBytesPerS: number;
  /** Bytes per day, and percent of what was received or kept; 0: no cap. */
  uploadTotal: number;
  uploadRatioPercent: number;
  /** STUN and TURN URLs. */
  ice: string[];
  /** URLs, relative to the base. */
  precache: string[];
  /** The module with the recorder, when the engine is to be recorded. */
  trace?: string | undefined;
}

/** What this visitor gives, and takes; changes while the page lives. */
export interface Policy {
  usePeers: boolean;
  upload: boolean;
  uploadRateBytesPerS: number;
  /** Bytes that this engine may give in its life; 0: no cap. */
  uploadTotalMax: number;
  uploadRatioPercent: number;
  /** Files that nobody has asked for may be fetched. */
  prefetch: boolean;
}

/** A file that came whole, and not compressed on its way. */
export interface Loaded {
  path: string;
  size: number;
}

/** Connections are numbered by the worker; the number is good until `close` or `closed`. */
export type PageToWorker =
  | {
      t: 'start';
      base: string;
      engine: string;
      options: Options;
      policy: Policy;
      /** The pointer that the loader fetched a moment ago. */
      pointer: Uint8Array<ArrayBuffer> | null;
    }
  /** A fresh port whose other end the service worker has. */
  | { t: 'sw-port'; port: MessagePort }
  /** A data channel, transferred in the task that created or announced it. */
  | { t: 'channel'; conn: number; channel: RTCDataChannel }
  /** Where a browser cannot transfer channels: a port that carries the same (relay.ts). */
  | { t: 'relay'; conn: number; port: MessagePort }
  /** Our offer (after dial) or answer (after accept) with the candidates so far; `whole`: all of them. */
  | { t: 'local'; conn: number; type: 'offer' | 'answer'; sdp: string; whole: boolean }
  | { t: 'closed'; conn: number }
  | { t: 'policy'; policy: Policy }
  /** Files that this page has loaded already: the HTTP cache has them, so we can share them. */
  | { t: 'adopt'; loaded: Loaded[] }
  /** The page came back (online, visible): look at the pointer now. */
  | { t: 'recheck' };

export type WorkerToPage =
  /** It holds the engine's lock and runs: the service worker may have a port. */
  | { t: 'up' }
  | { t: 'dial'; conn: number; ice: string[] }
  | { t: 'accept'; conn: number; sdp: string; ice: string[] }
  | { t: 'remote'; conn: number; sdp: string }
  | { t: 'close'; conn: number }
  /** The engine cannot go on; the page ends this worker. */
  | { t: 'dead'; reason: string };

/** On the port of `relay`: the channel's events to the worker, and what it is to do. */
export type RelayDown =
  | { t: 'open' }
  | { t: 'message'; data: ArrayBuffer }
  | { t: 'buffered'; bytes: number }
  | { t: 'close' };
export type RelayUp = { t: 'send'; bytes: Uint8Array<ArrayBuffer> } | { t: 'close' };

/** BroadcastChannel: from the engine worker and the service worker to every tab. */
export type News =
  /** by 'sw': answered without an engine, and so not in the engine's totals. */
  | { t: 'asset'; asset: Asset; by: 'engine' | 'sw' }
  | { t: 'stats'; stats: Stats }
  | { t: 'state'; mode: Mode; reason?: string | undefined }
  /** A tab is new: the worker says its state again. */
  | { t: 'hello' }
  /** A tab → worker: of the pictures that are under way, these are in view. */
  | { t: 'in-view'; urls: string[] }
  /** Every tab ends its Skep now, until it is loaded again: switched off, or uninstalled. */
  | { t: 'over'; reason: string }
  /** A tab is seen now, or is not any more. */
  | { t: 'seen' }
  /** Whoever records: tell what you have. */
  | { t: 'trace-wanted' }
  | { t: 'trace'; file: Blob };

/** Page → service worker. */
export type PageToSw =
  | { t: 'port'; port: MessagePort }
  /** No engine lives any more in this tab; its port is of no use. */
  | { t: 'no-engine' }
  /** Are you a Skep service worker for this base? Answered on the port: { base }. */
  | { t: 'ping'; port: MessagePort }
  /** Say so on the port as soon as you have the site map and the engine: requests will go there. */
  | { t: 'serving'; port: MessagePort }
  /** Assets it answered since then, for a page that was not listening yet: told by `recent`. */
  | { t: 'recent'; sinceMs: number }
  /** Take over: the page is not controlled, or you still wait behind an older worker. */
  | { t: 'claim' }
  /** The sending page has finished loading: its scripts do not block rendering any more. */
  | { t: 'loaded' };
export type SwToPage =
  | { t: 'ask-port' }
  | { t: 'recent'; assets: Asset[] }
  /** Pictures of this page come through the engine: which of them are in view? */
  | { t: 'look' };

/** Service worker → engine worker, on the port. Streams are numbered by the service worker. */
export type SwToWorker =
  | { t: 'open'; id: number; path: string; begin: number; end: number | null; urgency: Urgency }
  /** It may send `chunks` more chunks. */
  | { t: 'pull'; id: number; chunks: number }
  | { t: 'cancel'; id: number };
export type WorkerToSw =
  /** First bytes are ready: the answer can begin. */
  | { t: 'head'; id: number }
  /** Never mind: ask the network. Nothing was sent. */
  | { t: 'miss'; id: number }
  | { t: 'chunk'; id: number; bytes: Uint8Array<ArrayBuffer> }
  | { t: 'end'; id: number }
  /** Nothing more will come; `mismatch`: the origin has other bytes than it signed. */
  | { t: 'fail'; id: number; mismatch: boolean }
  /** The version that the engine has verified; the site map on disk is at least that. */
  | { t: 'map'; seq: number };

/** map.json: the site map of the newest verified version, for the service worker. */
export interface StoredMap {
  v: 2;
  seq: number;
  expires: number;
  /** As the pointer names the version: its list of info-hashes, bencoded, in hex. */
  named: string;
  files: { [path: string]: StoredFile };
}
export interface StoredFile {
  root: string;
  size: number;
  type: string;
  /** Cache-Control; empty: none. */
  cache: string;
  /** It is the gzip form of what the page gets; the path of the form itself. */
  gz?: string;
}
