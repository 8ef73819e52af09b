/**
 * memory.ts: files of the store where the browser has no OPFS: in memory until they are complete, then
 * in Cache Storage, where the service worker finds them. Without that, too, nothing outlives the worker.
 * LIMITS    kMemoryMax for all files in memory; what exceeds it is refused.
 */
import { filesCache, filesUrl } from '../place.js';
import { readCached } from '../stored.js';
import type { Folder, StoredFile } from '../worker/store.js';

/** Enough for a page's assets to be shared while it is open, harmless on a small phone. */
const kMemoryMax = 64 * 1024 * 1024;

type Bytes = Uint8Array<ArrayBuffer>;

class CacheFolder implements Folder {
  private used = 0;

  constructor(
    private readonly base: string,
    private readonly cache: Cache | null,
  ) {}

  /** Names of completed files; JSON files are beside them. */
  async completed(): Promise<Set<string>> {
    const kept = (await this.cache?.keys()) ?? [];
    const names = kept.map(({ url }) => url.slice(filesUrl(this.base, '').length));
    return new Set(names.filter((name) => !name.includes('.')));
  }

  /** Nothing: what is incomplete ends with the worker. */
  begun(): Promise<Set<string>> {
    return Promise.resolve(new Set());
  }

  file(name: string, size: number, complete: boolean): StoredFile {
    return new MemoryFile(this, name, size, complete);
  }

  take(size: number): boolean {
    if (this.used + size > kMemoryMax) return false;
    this.used += size;
    return true;
  }
  give(size: number): void {
    this.used -= size;
  }

  /** False: there is no Cache Storage. Rejects when it is full. */
  async keep(name: string, bytes: Bytes): Promise<boolean> {
    await this.cache?.put(filesUrl(this.base, name), new Response(bytes));
    return this.cache !== null;
  }
  async read(name: string): Promise<Blob | null> {
    return (await readCached(this.base, name).catch(() => undefined))?.blob() ?? null;
  }
  async remove(name: string): Promise<void> {
    await this.cache?.delete(filesUrl(this.base, name));
  }
}

class MemoryFile implements StoredFile {
  private bytes: Bytes | null = null;
  private kept: Promise<Blob | null> | null = null;

  constructor(
    private readonly folder: CacheFolder,
    private readonly name: string,
    private readonly size: number,
    private complete: boolean,
  ) {}

  /** Throws when the budget is exhausted. */
  write(offset: number, bytes: Uint8Array): void {
    if (this.complete) return; // another file of the same content was faster
    if (!this.bytes) {
      if (!this.folder.take(this.size)) throw new Error('the memory for files is used up');
      this.bytes = new Uint8Array(this.size);
    }
    this.bytes.set(bytes, offset);
  }
  async read(offset: number, size: number): Promise<Bytes> {
    if (this.bytes) return this.bytes.slice(offset, offset + size);
    const file = this.complete && (await (this.kept ??= this.folder.read(this.name)));
    const part = file ? await file.slice(offset, offset + size).arrayBuffer() : [];
    return new Uint8Array(part);
  }
  async finish(): Promise<void> {
    if (this.complete || !this.bytes) return; // by a file of the same content
    this.complete = true;
    if (await this.folder.keep(this.name, this.bytes)) this.release();
  }
  async remove(): Promise<void> {
    this.release();
    if (this.complete) await this.folder.remove(this.name);
  }

  private release(): void {
    if (this.bytes) this.folder.give(this.size);
    this.bytes = null;
  }
}

/** Never rejects. */
export async function run(base: string): Promise<Folder> {
  return new CacheFolder(base, await caches.open(filesCache(base)).catch(() => null));
}
