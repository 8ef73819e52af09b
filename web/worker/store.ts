/**
 * store.ts: verified bytes, by the Merkle root of their file: written, read back, completed, kept.
 * CONTRACT  bytes arrive verified (the engine's law). A failed write or completion is told once, by
 *           store-failed; the file is forgotten then. Reads never fail: they come back short.
 * WHY       named by root: versions of a site, and files of equal content, share.
 */
import { runtimeUrl, siteFolder } from '../place.js';
import { paths } from './catalog.js';
import { base } from './here.js';
import { OpfsFolder } from './opfs.js';
import { put } from './pump.js';

type Bytes = Uint8Array<ArrayBuffer>;

/** Where files are: in OPFS, or, where there is none, in memory (more/memory.ts). */
export interface Folder {
  /** Names of files that are complete, and of those that earlier engines began. */
  completed(): Promise<Set<string>>;
  begun(): Promise<Set<string>>;
  file(name: string, size: number, complete: boolean): StoredFile;
}
/** Each throws or rejects when the disk refuses (quota, I/O). */
export interface StoredFile {
  /** `bytes` are borrowed for the call. */
  write(offset: number, bytes: Bytes): void | Promise<void>;
  /** The bytes, or fewer when the file is shorter. */
  read(offset: number, size: number): Bytes | Promise<Bytes>;
  /** Everything was written. */
  finish(): Promise<void>;
  remove(): Promise<void>;
}

/** Replaced by build.mjs: what only visitors without OPFS load. */
declare const MORE: { memory: string };
type Memory = typeof import('../more/memory.js');

const open = new Map<string, StoredFile>();

let folder: Folder;
let kept: Set<string>;
/** Files that earlier engines began, and this one did not look at yet. */
export let begun: Set<string>;

export async function prepare(): Promise<void> {
  folder = await siteFolder(base)
    .then(OpfsFolder.prepare)
    .catch(async () => {
      const memory = import(runtimeUrl(base, MORE.memory)) as Promise<Memory>;
      return (await memory).run(base);
    });
  kept = await folder.completed();
  begun = await folder.begun();
}

/** All of this file is here. */
export const has = (root: string): boolean => kept.has(root);

export function write(root: string, size: number, offset: number, bytes: Bytes): void {
  void guard(root, () => file(root, size).write(offset, bytes));
}

/** Every byte was written. Resolves to true when it is kept. */
export async function complete(root: string, size: number): Promise<boolean> {
  const done = await guard(root, () => file(root, size).finish());
  if (done) kept.add(root);
  return done;
}

/** Bytes [offset, offset + size); fewer, or none, when the store does not have them. */
export async function read(
  root: string,
  size: number,
  offset: number,
  count: number,
): Promise<Bytes> {
  try {
    return await file(root, size).read(offset, count);
  } catch {
    return new Uint8Array(0);
  }
}

/** What is kept turned out to be bad, or is not wanted any more. */
export function forget(root: string): void {
  const known = kept.has(root) || begun.delete(root);
  const gone = open.get(root) ?? (known ? file(root, 0) : null);
  open.delete(root);
  kept.delete(root);
  void gone?.remove();
}

/** Forgets every file that `wanted` does not name. */
export function keepOnly(wanted: Set<string>): void {
  for (const root of [...kept, ...begun]) if (!wanted.has(root)) forget(root);
}

function file(root: string, size: number): StoredFile {
  const known = open.get(root) ?? folder.file(root, size, kept.has(root));
  open.set(root, known);
  return known;
}

/** Runs an operation, at once; resolves to false after telling that the file failed. */
async function guard(root: string, act: () => void | Promise<void>): Promise<boolean> {
  try {
    await act();
    return true;
  } catch {
    if (!open.has(root)) return false; // told before
    forget(root);
    for (const [, { torrent, file }] of paths()) {
      if (file.root === root) put({ t: 'store-failed', torrent, file: file.file });
    }
    return false;
  }
}
