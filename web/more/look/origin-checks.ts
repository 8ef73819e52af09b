/**
 * origin-checks.ts: is what the origin serves a publication that this browser may follow? Part of diagnose.
 */
import { readDict } from '../../bencode.js';
import { toHex } from '../../hex.js';
import type { StoredFile, StoredMap } from '../../messages.js';
import { pointerUrl, torrentUrl, urlPath } from '../../place.js';
import {
  kPointerFileMax,
  type Pointer,
  PointerError,
  type PointerFault,
  verifyPointer,
} from '../../pointer.js';
import type { Loader } from '../../page/skep.js';
import { readJson } from '../../stored.js';
import { announceOf, rootOf } from '../../metainfo.js';
import type { Cause } from './causes.js';

export type Tell = (cause: Cause, level: 'problem' | 'note' | 'good', detail?: string) => void;

const kFaults: { [fault in PointerFault]: Cause } = {
  malformed: 'pointer-malformed',
  bad_signature: 'pointer-forged',
  expired: 'pointer-expired',
  other_key: 'pointer-other-key',
  rolled_back: 'pointer-rolled-back',
};
const ask = (url: string): Promise<Response> =>
  fetch(url, { cache: 'no-store', headers: { Skep: 'engine' } });

export async function checkPointer(
  { base, data }: Loader,
  tell: Tell,
): Promise<{ pointer: Pointer; file: Uint8Array } | null> {
  let response: Response;
  try {
    response = await ask(pointerUrl(base));
  } catch (error) {
    tell('offline', 'problem', String(error));
    return null;
  }
  if (!response.ok) {
    tell('pointer-missing', 'problem', `HTTP ${response.status}`);
    return null;
  }
  const file = new Uint8Array(await response.arrayBuffer());
  const trust = (await readJson(base, 'trust.json')) as { key: string; seq: number } | null;
  const key = data['key']?.toLowerCase() || trust?.key;
  const seq = trust && trust.key === key ? trust.seq : undefined;
  try {
    if (file.length > kPointerFileMax) throw new PointerError('malformed');
    const pointer = await verifyPointer(file, { key, seq }, Date.now() / 1000);
    if (!pointer.off) return { pointer, file };
    tell('switched-off', 'problem');
  } catch (error) {
    if (error instanceof PointerError) tell(kFaults[error.fault], 'problem');
    else tell('no-signatures', 'problem', String(error));
  }
  return null;
}

/** The trackers that the torrents name; says what is wrong with them. */
export async function checkTorrents(
  { base }: Loader,
  pointer: Pointer,
  tell: Tell,
): Promise<string | null> {
  let announce: string | null = null;
  for (const hash of pointer.hashes) {
    const response = await ask(torrentUrl(base, hash)).catch(() => null);
    if (!response?.ok) {
      tell('torrent-missing', 'problem', `${torrentUrl(base, hash)}: ${response?.status ?? ''}`);
      continue;
    }
    const metainfo = new Uint8Array(await response.arrayBuffer());
    announce ??= announceOf(metainfo);
    let right = false;
    try {
      const info = readDict(metainfo).get('info')!.slice();
      right = toHex(new Uint8Array(await crypto.subtle.digest('SHA-256', info))) === hash;
    } catch {
      // Not even a torrent.
    }
    if (!right) tell('torrent-mismatch', 'problem', torrentUrl(base, hash));
  }
  return announce;
}

export async function checkRuntime(loader: Loader, tell: Tell): Promise<void> {
  const missing = async (url: string): Promise<boolean> =>
    !(
      await fetch(url, { method: 'HEAD', cache: 'no-store', headers: { Skep: 'engine' } }).catch(
        () => null,
      )
    )?.ok;
  for (const url of [loader.runtime, loader.engine]) {
    if (await missing(url)) tell('runtime-missing', 'problem', url);
  }
  const script = `${loader.base}skep-sw.js`;
  if (loader.siteWorker === undefined && (await missing(script))) {
    tell('service-worker-missing', 'problem', script);
  }
}

/** Why this URL does not come from peers. */
export async function checkUrl({ base }: Loader, url: string, tell: Tell): Promise<void> {
  const absolute = new URL(url, document.baseURI).href;
  const path = urlPath(base, absolute);
  const map = (await readJson(base, 'map.json')) as StoredMap | null;
  if (!map) return; // the pointer's findings say why
  const file: StoredFile | undefined = path === null ? undefined : map.files[path];
  if (!file) return tell('label-private', 'problem', absolute);
  if (file.size === 0) return;
  const response = await ask(absolute).catch(() => null);
  if (!response?.ok) return tell('file-mismatch', 'problem', `${absolute}: ${response?.status}`);
  const body = new Uint8Array(await response.arrayBuffer());
  if (body.length !== file.size || (await rootOf(body)) !== file.root) {
    tell('file-mismatch', 'problem', absolute);
  }
}
