/**
 * store.ts: verified bytes, by the Merkle root of their file: written, read back, completed, kept.
 * CONTRACT  bytes arrive verified (the engine's law). A failed write or completion is told once, by
 *           `onFailed`; the file is forgotten then. Reads never fail: they come back short.
 * WHY       named by root: versions of a site, and files of equal content, share.
 */
import { siteFolder } from '../place.js';
import { CacheFolder, MemoryFile } from './memory.js';
import { OpfsFile, OpfsFolders } from './opfs.js';

type StoredFile = OpfsFile | MemoryFile;
type Bytes = Uint8Array<ArrayBuffer>;

export class Store {
  private readonly open = new Map<string, StoredFile>();

  private constructor(
    private readonly folder: OpfsFolders | CacheFolder,
    private readonly kept: Set<string>,
    /** Files that earlier engines began, and this one did not look at yet. */
    readonly begun: Set<string>,
    private readonly onFailed: (root: string) => void,
  ) {}

  /** OPFS where there is one, else memory and Cache Storage. */
  static async prepare(base: string, onFailed: (root: string) => void): Promise<Store> {
    const opfs = siteFolder(base).then((site) => OpfsFolders.prepare(site));
    const folder = await opfs.catch(() => CacheFolder.prepare(base));
    return new Store(folder, await folder.completed(), await folder.begun(), onFailed);
  }

  /** All of this file is here. */
  has(root: string): boolean {
    return this.kept.has(root);
  }

  write(root: string, size: number, offset: number, bytes: Bytes): void {
    this.guard(root, () => this.file(root, size).write(offset, bytes));
  }

  /** Every byte was written. Resolves to true when it is kept. */
  async complete(root: string, size: number): Promise<boolean> {
    const done = await this.guard(root, () => this.file(root, size).finish());
    if (done) this.kept.add(root);
    return done;
  }

  /** Bytes [offset, offset + size); fewer, or none, when the store does not have them. */
  async read(root: string, size: number, offset: number, count: number): Promise<Bytes> {
    try {
      return await this.file(root, size).read(offset, count);
    } catch {
      return new Uint8Array(0);
    }
  }

  /** What is kept turned out to be bad, or is not wanted any more. */
  forget(root: string): void {
    const known = this.kept.has(root) || this.begun.delete(root);
    const file = this.open.get(root) ?? (known ? this.file(root, 0) : null);
    this.open.delete(root);
    this.kept.delete(root);
    void file?.remove();
  }

  /** Forgets every file that `wanted` does not name. */
  keepOnly(wanted: (root: string) => boolean): void {
    for (const root of [...this.kept, ...this.begun]) if (!wanted(root)) this.forget(root);
  }

  private file(root: string, size: number): StoredFile {
    let file = this.open.get(root);
    if (!file) {
      const { folder } = this;
      const kept = this.kept.has(root);
      file =
        folder instanceof OpfsFolders
          ? new OpfsFile(folder, root, kept)
          : new MemoryFile(folder, root, size, kept);
      this.open.set(root, file);
    }
    return file;
  }

  /** Runs an operation; resolves to false after telling that the file failed. */
  private guard(root: string, act: () => void | Promise<void>): Promise<boolean> {
    const fail = (): boolean => {
      if (!this.open.has(root)) return false; // told before
      this.forget(root);
      this.onFailed(root);
      return false;
    };
    try {
      const done = act();
      return done ? done.then(() => true, fail) : Promise.resolve(true);
    } catch {
      return Promise.resolve(fail());
    }
  }
}
