/**
 * metainfo.ts: what the browser itself knows of torrents; the rest is the engine's.
 * SPEC      BEP 3 (announce), BEP 52 (blocks of 16 KiB, zero hashes up to a power of two).
 */
import { readDict, readString } from './bencode.js';
import { toHex } from './hex.js';

const kBlock = 16 * 1024;

/** The first WebSocket URL of a .torrent's `announce`; null: none, or not readable. */
export function announceOf(metainfo: Uint8Array): string | null {
  try {
    const value = readDict(metainfo).get('announce');
    const url = value ? new TextDecoder().decode(readString(value)) : '';
    return /^wss?:/.test(url) ? url : null;
  } catch {
    return null;
  }
}

type Bytes = Uint8Array<ArrayBuffer>;
const sha256 = async (bytes: Bytes): Promise<Bytes> =>
  new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));

/** The hash that stands for `size` octets of the file, a power of two of blocks. */
async function nodeOf(file: Bytes, begin: number, size: number): Promise<Bytes> {
  const pair = new Uint8Array(64);
  if (begin >= file.length && size === kBlock) return pair.subarray(32);
  if (size === kBlock) return sha256(file.subarray(begin, begin + size));
  const half = size / 2;
  const halves = [nodeOf(file, begin, half), nodeOf(file, begin + half, half)];
  const [left, right] = await Promise.all(halves);
  pair.set(left!);
  pair.set(right!, 32);
  return sha256(pair);
}

/** The Merkle root of a file that is not empty, hex. */
export async function rootOf(file: Bytes): Promise<string> {
  let size = kBlock;
  while (size < file.length) size *= 2;
  return toHex(await nodeOf(file, 0, size));
}
