/**
 * schema.ts: the layout of every frame, as tables: one entry per alternative, in the order of the
 * variants of src/engine/io.hpp, fields in declaration order (docs/formats/frames.md).
 *
 * shape() folds names and kinds into one number. The C++ side computes the same from its own types
 * and returns it as skep_abi_version(): a field added on one side only is found when the module is
 * loaded, not by a misread frame.
 */
import type { EngineConfig, Input, PayloadBytes, Output } from './io.js';

/**
 * `us`: i64 microseconds. `size`: u64 whose maximum means unknown (null). `peer`: 20 octets, a peer
 * id or a v1 info-hash. A list of strings is an enumeration in one octet.
 */
export type Kind =
  | 'bool'
  | 'u16'
  | 'u32'
  | 'u64'
  | 'size'
  | 'us'
  | 'digest'
  | 'peer'
  | 'bytes'
  | 'string'
  | readonly string[]
  | { readonly list: Kind }
  | { readonly of: string; readonly fields: Fields };
export interface Fields {
  readonly [name: string]: Kind;
}
export interface Frames {
  readonly [type: string]: Fields;
}

const urgency = ['urgent', 'visible', 'normal', 'prefetch'] as const;

export const inputs = {
  tick: {},
  'torrent-added': { torrent: 'u32', expected: 'digest', metainfo: 'bytes', v1: 'peer' },
  'torrent-removed': { torrent: 'u32' },
  'file-kept': { torrent: 'u32', file: 'u32' },
  'fetch-requested': {
    fetch: 'u32',
    torrent: 'u32',
    file: 'u32',
    begin: 'u64',
    end: 'u64',
    urgency,
    deadline: 'us',
  },
  'fetch-cancelled': { fetch: 'u32' },
  'tracker-changed': { up: 'bool' },
  'announce-reply': { torrent: 'u32', intervalS: 'u32', candidates: { list: 'peer' } },
  'dial-failed': { dial: 'u32' },
  'link-opened': { link: 'u32', torrent: 'u32', peer: 'peer', dial: 'u32' },
  'link-bytes': { link: 'u32', bytes: 'bytes' },
  'link-drained': { link: 'u32', bufferedBytes: 'u32' },
  'link-closed': { link: 'u32' },
  'http-started': { http: 'u32', status: 'u16', begin: 'u64', size: 'size' },
  'http-bytes': { http: 'u32', bytes: 'bytes' },
  'http-ended': { http: 'u32', ok: 'bool' },
  'piece-loaded': { load: 'u32', bytes: 'bytes' },
  'store-failed': { torrent: 'u32', file: 'u32' },
  'policy-changed': {
    usePeers: 'bool',
    upload: 'bool',
    uploadRateBytesPerS: 'u64',
    uploadTotalMax: 'u64',
    uploadRatioPercent: 'u32',
  },
  'stats-requested': {},
  'piece-found': { torrent: 'u32', file: 'u32', offset: 'u64', bytes: 'bytes' },
} as const satisfies Frames;

export const outputs = {
  'torrent-ready': {
    torrent: 'u32',
    name: 'string',
    pieceLength: 'u32',
    files: {
      list: {
        of: 'SiteFile',
        fields: {
          urlPath: 'string',
          mediaType: 'string',
          cacheControl: 'string',
          contentEncoding: 'string',
          size: 'u64',
          root: 'digest',
          file: 'u32',
        },
      },
    },
  },
  'torrent-refused': {
    torrent: 'u32',
    reason: [
      'none',
      'truncated',
      'trailing_bytes',
      'bad_syntax',
      'not_canonical',
      'depth_exceeded',
      'limit_exceeded',
      'out_of_range',
      'missing_field',
      'wrong_type',
      'bad_value',
      'duplicate',
      'unsupported',
      'hash_mismatch',
      'bad_signature',
      'expired',
      'rolled_back',
      'unsafe_path',
      'protocol_violation',
      'not_found',
    ],
  },
  announce: {
    torrent: 'u32',
    event: ['none', 'started', 'completed', 'stopped'],
    uploaded: 'u64',
    downloaded: 'u64',
    left: 'u64',
    want: 'u32',
  },
  dial: { dial: 'u32', torrent: 'u32', peer: 'peer' },
  'link-send': { link: 'u32', bytes: 'bytes' },
  'link-close': {
    link: 'u32',
    peer: 'peer',
    reason: [
      'done',
      'protocol_error',
      'bad_block',
      'banned',
      'duplicate',
      'timed_out',
      'too_many',
      'wrong_torrent',
    ],
  },
  'http-get': {
    http: 'u32',
    torrent: 'u32',
    file: 'u32',
    begin: 'u64',
    end: 'u64',
    whole: 'bool',
    urgency,
  },
  'http-cancel': { http: 'u32' },
  'store-write': { torrent: 'u32', file: 'u32', offset: 'u64', bytes: 'bytes' },
  'file-complete': { torrent: 'u32', file: 'u32' },
  'piece-load': { load: 'u32', torrent: 'u32', file: 'u32', offset: 'u64', size: 'u32' },
  'fetch-progress': { fetch: 'u32', readyUntil: 'u64' },
  'fetch-done': { fetch: 'u32', fromPeers: 'u64', fromHttp: 'u64', fromStore: 'u64' },
  'fetch-failed': {
    fetch: 'u32',
    reason: [
      'bad_range',
      'no_such_file',
      'http_failed',
      'http_mismatch',
      'store_failed',
      'too_many',
      'removed',
    ],
  },
  stats: {
    fromPeers: 'u64',
    fromHttp: 'u64',
    fromStore: 'u64',
    uploaded: 'u64',
    wasted: 'u64',
    peersBanned: 'u32',
    fetchesOpen: 'u32',
    peers: {
      list: {
        of: 'PeerStats',
        fields: {
          link: 'u32',
          peer: 'peer',
          downloaded: 'u64',
          uploaded: 'u64',
          downBytesPerS: 'u64',
          upBytesPerS: 'u64',
          rttUs: 'u32',
          chokedByPeer: 'bool',
          seeding: 'bool',
        },
      },
    },
  },
} as const satisfies Frames;

/** What comes first in a Config: what the worker chooses; the rest is as src/engine/config.hpp has it. */
export const identity = { peerId: 'peer', seed: 'u64' } as const satisfies Fields;
export const choice = { ...identity, peerGrace: 'us' } as const satisfies Fields;
export const config = {
  ...choice,
  normalDeadline: 'us',
  floorRateBytesPerS: 'u64',
  claimGrace: 'us',
  linksMax: 'u32',
  uploadSlots: 'u32',
  unchokeInterval: 'us',
  pipelineMinBlocks: 'u32',
  pipelineMaxBlocks: 'u32',
  requestTimeout: 'us',
  keepAlive: 'us',
  linkSilenceMax: 'us',
  dialTimeout: 'us',
  httpParallelMax: 'u32',
  httpParallelPrefetch: 'u32',
  httpSegmentBytes: 'u64',
  uploadRateBytesPerS: 'u64',
} as const satisfies Fields;

/* ------------------------------------------- the tables and io.ts must describe the same types */

type Value<K, B> = K extends 'bool'
  ? boolean
  : K extends 'u16' | 'u32' | 'u64' | 'us'
    ? number
    : K extends 'size'
      ? number | null
      : K extends 'digest' | 'peer' | 'string'
        ? string
        : K extends 'bytes'
          ? B
          : K extends readonly (infer E)[]
            ? E
            : K extends { readonly list: infer I }
              ? Value<I, B>[]
              : K extends { readonly fields: infer F }
                ? Record_<F, B>
                : never;
type Record_<F, B> = { -readonly [N in keyof F]: Value<F[N], B> };
type Union<T, B> = { [N in keyof T]: { t: N } & Record_<T[N], B> }[keyof T];
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;
const same: [
  Same<Union<typeof inputs, Uint8Array>, Input>,
  Same<Union<typeof outputs, PayloadBytes>, Output>,
  Same<Record_<typeof config, never>, EngineConfig>,
] = [true, true, true];
void same;

/* ----------------------------------------------------------------------------------------- shape */

const letters: { readonly [kind: string]: string } = {
  bool: 'b',
  u16: 'h',
  u32: 'i',
  u64: 'l',
  size: 'l',
  us: 'd',
  digest: 'D',
  peer: 'P',
  bytes: 'B',
  string: 's',
};
const snake = (name: string): string => name.replace(/[A-Z]/g, (c) => '_' + c.toLowerCase());
const pascal = (type: string): string =>
  type.replace(/(?:^|-)(.)/g, (_, c: string) => c.toUpperCase());

const kindText = (kind: Kind): string => {
  if (typeof kind === 'string') return letters[kind] ?? '?';
  if ('list' in kind) return '[' + kindText(kind.list);
  return 'fields' in kind ? fieldsText(kind.of, kind.fields) : 'e' + kind.length;
};
const fieldsText = (name: string, fields: Fields): string =>
  `${name}(${Object.entries(fields)
    .map(([n, k]) => `${snake(n)}:${kindText(k)},`)
    .join('')})`;
const framesText = (frames: Frames): string =>
  Object.entries(frames)
    .map(([type, fields]) => fieldsText(pascal(type), fields))
    .join('') + ';';

/** FNV-1a of the text form of all tables; equals skep_abi_version() of a module that fits. */
export const shapeText = (): string =>
  framesText(inputs) + framesText(outputs) + fieldsText('Config', config);
export const shape = (): number => {
  let hash = 0x811c9dc5;
  for (const c of shapeText()) hash = Math.imul(hash ^ c.charCodeAt(0), 0x01000193) >>> 0;
  return hash;
};
