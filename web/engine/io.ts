/**
 * io.ts: everything that can happen to the engine (Input) and everything it can ask for (Output),
 * as the worker sees it. The mirror of src/engine/io.hpp, whose comments are the contract.
 *
 * Ids are plain numbers. Torrent, fetch and link ids are chosen by the worker and never reused while
 * alive; http, load and dial ids are chosen by the engine. Hashes and peer ids are lower-case hex
 * (64 and 40 digits), so that they can be compared, logged and used as keys. Byte counts and offsets
 * are numbers: what exceeds 2^53 is refused. Times are whole microseconds.
 *
 * Bytes in an Input are copied during handle() and remain yours. Bytes in an Output lie in the
 * engine's memory until the next call: copy what is to be kept, or sent through a port.
 */

/** Lower-case hexadecimal: 64 digits for a SHA-256 digest, 40 for a peer id. */
export type Hex = string;
export type PayloadBytes = Uint8Array<ArrayBuffer>;

/**
 * urgent: navigation, render-blocking script or style, HTTP at once. normal: waits peer_grace, then
 * peers while they meet the deadline. visible: as normal, but before it. prefetch: peers first, HTTP
 * when nothing else is going on.
 */
export type Urgency = 'urgent' | 'visible' | 'normal' | 'prefetch';

/* ---------------------------------------------------------------------------------------- inputs */

/** Nothing happened but time: sent when nextWakeupUs() is due. */
export interface Tick {
  t: 'tick';
}

/** A bundle's .torrent arrived. Answered by torrent-ready or torrent-refused. */
export interface TorrentAdded {
  t: 'torrent-added';
  torrent: number;
  /** The 32-byte info-hash that the signed pointer names. */
  expected: Hex;
  metainfo: Uint8Array;
  /** How v1 clients name it (20 octets); zeros when it is no hybrid. */
  v1: Hex;
}
/** A newer version replaced it: its links and requests end, its fetches fail. */
export interface TorrentRemoved {
  t: 'torrent-removed';
  torrent: number;
}

/** The store already holds this file, completed and verified by an earlier engine. */
export interface FileKept {
  t: 'file-kept';
  torrent: number;
  file: number;
}

/** The page wants bytes [begin, end) of a file. */
export interface FetchRequested {
  t: 'fetch-requested';
  fetch: number;
  torrent: number;
  file: number;
  begin: number;
  end: number;
  urgency: Urgency;
  /** From now; 0: the engine's default for this urgency and size. */
  deadline: number;
}
/** The page is no longer interested; no further output names this fetch. */
export interface FetchCancelled {
  t: 'fetch-cancelled';
  fetch: number;
}

/** The tracker connection is (or is no longer) usable. */
export interface TrackerChanged {
  t: 'tracker-changed';
  up: boolean;
}
/** What the tracker answered to an announce. */
export interface AnnounceReply {
  t: 'announce-reply';
  torrent: number;
  /** When to announce again; the engine clamps it. */
  intervalS: number;
  /** Peer ids, best first. */
  candidates: Hex[];
}
/** A dial came to nothing. A dial that worked ends in link-opened. */
export interface DialFailed {
  t: 'dial-failed';
  dial: number;
}

/** A reliable ordered link to a peer is open, for this torrent. */
export interface LinkOpened {
  t: 'link-opened';
  link: number;
  torrent: number;
  peer: Hex;
  /** 0 when the other side dialled. */
  dial: number;
}
/** Bytes arrived, cut anywhere: messages of a data channel are a byte stream. */
export interface LinkBytes {
  t: 'link-bytes';
  link: number;
  bytes: Uint8Array;
}
/**
 * How many bytes handed out by link-send still wait in the channel (bufferedAmount). Sent when it
 * falls under half of kLinkSendBufferMax (1 MiB).
 */
export interface LinkDrained {
  t: 'link-drained';
  link: number;
  bufferedBytes: number;
}
export interface LinkClosed {
  t: 'link-closed';
  link: number;
}

/** Response headers: a 200 is [0, Content-Length), a 206 is translated by its Content-Range. */
export interface HttpStarted {
  t: 'http-started';
  http: number;
  status: number;
  begin: number;
  /** Length of the whole resource; null: unknown. */
  size: number | null;
}
export interface HttpBytes {
  t: 'http-bytes';
  http: number;
  bytes: Uint8Array;
}
/** ok: it ended as HTTP says it should; else connection, abort or TLS failure. */
export interface HttpEnded {
  t: 'http-ended';
  http: number;
  ok: boolean;
}

/** Answer to piece-load: exactly the bytes asked for, or none when the store cannot. */
export interface PieceLoaded {
  t: 'piece-loaded';
  load: number;
  bytes: Uint8Array;
}
/** The store cannot hold this file (full, evicted, I/O error): forget what was stored of it. */
export interface StoreFailed {
  t: 'store-failed';
  torrent: number;
  file: number;
}

/** What this visitor gives, and whether it takes from peers at all. */
export interface PolicyChanged {
  t: 'policy-changed';
  usePeers: boolean;
  upload: boolean;
  /** 0: no cap. */
  uploadRateBytesPerS: number;
  /** Payload it may send in its life; 0: no cap. */
  uploadTotalMax: number;
  /** Share of what it received or keeps that it may send; 0: no cap. */
  uploadRatioPercent: number;
}

/** Asks for one stats output. */
export interface StatsRequested {
  t: 'stats-requested';
}

/** The store has these bytes of a file that an earlier engine did not complete; used if they verify. */
export interface PieceFound {
  t: 'piece-found';
  torrent: number;
  file: number;
  offset: number;
  bytes: Uint8Array;
}

export type Input =
  | Tick
  | TorrentAdded
  | TorrentRemoved
  | FileKept
  | FetchRequested
  | FetchCancelled
  | TrackerChanged
  | AnnounceReply
  | DialFailed
  | LinkOpened
  | LinkBytes
  | LinkDrained
  | LinkClosed
  | HttpStarted
  | HttpBytes
  | HttpEnded
  | PieceLoaded
  | StoreFailed
  | PolicyChanged
  | StatsRequested
  | PieceFound;

/* --------------------------------------------------------------------------------------- outputs */

/** One shareable file of a torrent, as the site map describes it. */
export interface SiteFile {
  /** Relative to the site's base, decoded UTF-8, no leading slash. */
  urlPath: string;
  mediaType: string;
  /** Empty: none. */
  cacheControl: string;
  /** Empty: the file is the identity form. */
  contentEncoding: string;
  size: number;
  /** BEP 52 pieces root; all zero for an empty file. */
  root: Hex;
  file: number;
}
/** The metainfo is what the pointer named, and well-formed. Files by URL path, ascending. */
export interface TorrentReady {
  t: 'torrent-ready';
  torrent: number;
  name: string;
  pieceLength: number;
  files: SiteFile[];
}
/** Why bytes were refused (src/base/errc.hpp). */
export type Errc =
  | 'none'
  | 'truncated'
  | 'trailing_bytes'
  | 'bad_syntax'
  | 'not_canonical'
  | 'depth_exceeded'
  | 'limit_exceeded'
  | 'out_of_range'
  | 'missing_field'
  | 'wrong_type'
  | 'bad_value'
  | 'duplicate'
  | 'unsupported'
  | 'hash_mismatch'
  | 'bad_signature'
  | 'expired'
  | 'rolled_back'
  | 'unsafe_path'
  | 'protocol_violation'
  | 'not_found';
export interface TorrentRefused {
  t: 'torrent-refused';
  torrent: number;
  reason: Errc;
}

/** Tell the tracker where we are; ask it for up to `want` candidates (0: just keep us listed). */
export interface Announce {
  t: 'announce';
  torrent: number;
  event: 'none' | 'started' | 'completed' | 'stopped';
  uploaded: number;
  downloaded: number;
  left: number;
  want: number;
}
/** Create one offer for this candidate now. Ends in link-opened or dial-failed. */
export interface Dial {
  t: 'dial';
  dial: number;
  torrent: number;
  peer: Hex;
}

/** Bytes for the link. A data channel's message holds at most 256 KiB: cut them where you like. */
export interface LinkSend {
  t: 'link-send';
  link: number;
  bytes: PayloadBytes;
}
export type CloseReason =
  | 'done'
  | 'protocol_error'
  | 'bad_block'
  | 'banned'
  | 'duplicate'
  | 'timed_out'
  | 'too_many'
  | 'wrong_torrent';
/** Close it; the engine has already forgotten the link. */
export interface LinkClose {
  t: 'link-close';
  link: number;
  peer: Hex;
  reason: CloseReason;
}

/** Get bytes [begin, end) of a file from the origin. `whole`: send no Range header. */
export interface HttpGet {
  t: 'http-get';
  http: number;
  torrent: number;
  file: number;
  begin: number;
  end: number;
  whole: boolean;
  urgency: Urgency;
}
export interface HttpCancel {
  t: 'http-cancel';
  http: number;
}

/** Verified bytes for the store: to be written before the next output is acted upon. */
export interface StoreWrite {
  t: 'store-write';
  torrent: number;
  file: number;
  offset: number;
  bytes: PayloadBytes;
}
/** Every byte of the file has been verified and written: close it, make it readable by others. */
export interface FileComplete {
  t: 'file-complete';
  torrent: number;
  file: number;
}
/** Read one piece back, to serve it to a peer. Answered by piece-loaded. */
export interface PieceLoad {
  t: 'piece-load';
  load: number;
  torrent: number;
  file: number;
  offset: number;
  size: number;
}

/** Bytes [begin of the fetch, readyUntil) are verified and in the store: hand them to the page. */
export interface FetchProgress {
  t: 'fetch-progress';
  fetch: number;
  readyUntil: number;
}
/** All of it is in the store. The three counts add up to end - begin. */
export interface FetchDone {
  t: 'fetch-done';
  fetch: number;
  fromPeers: number;
  fromHttp: number;
  fromStore: number;
}
export type FetchFailure =
  | 'bad_range'
  | 'no_such_file'
  | 'http_failed'
  | 'http_mismatch'
  | 'store_failed'
  | 'too_many'
  | 'removed';
/** The engine gives up: the page continues by plain HTTP from the last byte it was given. */
export interface FetchFailed {
  t: 'fetch-failed';
  fetch: number;
  reason: FetchFailure;
}

export interface PeerStats {
  link: number;
  peer: Hex;
  /** Verified payload bytes received from it. */
  downloaded: number;
  uploaded: number;
  downBytesPerS: number;
  upBytesPerS: number;
  /** Smoothed request-to-block time; 0: unknown. */
  rttUs: number;
  chokedByPeer: boolean;
  /** Has every file. */
  seeding: boolean;
}
export interface Stats {
  t: 'stats';
  fromPeers: number;
  fromHttp: number;
  /** Bytes of fetches answered by what was already kept. */
  fromStore: number;
  uploaded: number;
  /** Received twice, or refused by the Merkle check. */
  wasted: number;
  peersBanned: number;
  fetchesOpen: number;
  /** By link id, ascending. */
  peers: PeerStats[];
}

export type Output =
  | TorrentReady
  | TorrentRefused
  | Announce
  | Dial
  | LinkSend
  | LinkClose
  | HttpGet
  | HttpCancel
  | StoreWrite
  | FileComplete
  | PieceLoad
  | FetchProgress
  | FetchDone
  | FetchFailed
  | Stats;

/* ---------------------------------------------------------------------------------------- config */

/** What can be tuned; see src/engine/config.hpp for the reasons. Durations in microseconds. */
export interface EngineConfig {
  /** Ours, random per engine. */
  peerId: Hex;
  /** Of every random choice; any whole number below 2^53. */
  seed: number;
  peerGrace: number;
  normalDeadline: number;
  floorRateBytesPerS: number;
  claimGrace: number;
  linksMax: number;
  uploadSlots: number;
  unchokeInterval: number;
  pipelineMinBlocks: number;
  pipelineMaxBlocks: number;
  requestTimeout: number;
  keepAlive: number;
  linkSilenceMax: number;
  dialTimeout: number;
  httpParallelMax: number;
  httpParallelPrefetch: number;
  httpSegmentBytes: number;
  uploadRateBytesPerS: number;
}
