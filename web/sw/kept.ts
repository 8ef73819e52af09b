/**
 * kept.ts: completed files of the store, read by the service worker alone.
 * LIMITS    a folder is listed up to kListedMax files: each handle is a connection to the browser.
 */
import { readFile } from '../held.js';
import type { StoredFile } from '../messages.js';
import { siteFolder } from '../place.js';
import { readCached } from '../stored.js';
import { base } from './worker-scope.js';

let folder: Promise<FileSystemDirectoryHandle> | null = null;

function filesFolder(): Promise<FileSystemDirectoryHandle> {
  folder ??= siteFolder(base).then((site) => site.getDirectoryHandle('files'));
  folder.catch(() => (folder = null));
  return folder;
}

type Listed = Map<string, FileSystemFileHandle>;
const kListedMax = 500;
/** What was there at the last navigation; null: not known (yet). */
let listed: Listed | null = null;

/** Somebody navigates: what the page will ask for is looked up while its document is on the way. */
export async function list(): Promise<void> {
  listed = null;
  const found: Listed = new Map();
  for await (const [name, handle] of (await filesFolder()).entries())
    if (found.set(name, handle as FileSystemFileHandle).size > kListedMax) return;
  listed = found;
}

/** It was not there at the last navigation. */
export const lacks = ({ root }: StoredFile): boolean => listed?.has(root) === false;

/**
 * The whole file, or null. Presence is the index; a wrong size cannot happen and is not trusted. May
 * reject where the file is not there, and takes as long as the disk does.
 */
export async function keptFile({ root, size }: StoredFile): Promise<Blob | null> {
  if (size === 0) return new Blob([]);
  const files = await filesFolder().catch(() => null);
  const file = await (files
    ? readFile(files, root, listed?.get(root))
    : (await readCached(base, root))?.blob());
  return file?.size === size ? file : null;
}
