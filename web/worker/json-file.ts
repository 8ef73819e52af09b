/**
 * json-file.ts: small JSON files of the store, replaced as a whole: readers (the service worker) see
 * the old or the new one, never half of one.
 */
import { held, readFile } from '../held.js';
import { siteFolder } from '../place.js';

/** Null when it is not there, or not JSON. */
export async function readJson(base: string, name: string): Promise<unknown> {
  try {
    const file = await readFile(await siteFolder(base), name);
    return JSON.parse(await file.text());
  } catch {
    return null;
  }
}

/** Written beside its place, flushed, then moved there. Rejects when the disk refuses. */
export async function writeJson(base: string, name: string, value: unknown): Promise<void> {
  const folder = await siteFolder(base);
  const file = await folder.getFileHandle(`${name}.new`, { create: true });
  const handle = await held(file, (f) => f.createSyncAccessHandle());
  try {
    handle.truncate(0);
    handle.write(new TextEncoder().encode(JSON.stringify(value)), { at: 0 });
    handle.flush();
  } finally {
    handle.close();
  }
  await held(file, (f) => (f as unknown as { move(name: string): Promise<void> }).move(name));
}
