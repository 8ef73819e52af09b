/**
 * opfs.ts: files of the store in the Origin Private File System.
 * CONTRACT  operations on one file happen in the order they were asked for. A file is in files/ only
 *           when all of it was written, flushed and closed; a killed tab leaves it in partial/, where
 *           the next engine goes on with it. Only the engine worker opens handles.
 * WHY       sync access handles write 64 KiB in microseconds, but opening one takes milliseconds:
 *           they are opened when first needed, and at most kHandlesMax stay open.
 * SPEC      docs/formats/realms.md, "Store".
 */
import { held } from '../held.js';
import { PendingWrites } from './pending.js';
import type { Folder, StoredFile } from './store.js';

const kHandlesMax = 64;

type Handle = FileSystemSyncAccessHandle;
/** In newer browsers, several readers may have a file open. */
type Opener = { createSyncAccessHandle(options?: { mode: string }): Promise<Handle> };
type Movable = { move(to: FileSystemDirectoryHandle, name: string): Promise<void> };

async function namesIn(folder: FileSystemDirectoryHandle): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const name of folder.keys()) names.add(name);
  return names;
}

export class OpfsFolder implements Folder {
  private readonly open = new Set<OpfsFile>();

  private constructor(
    readonly files: FileSystemDirectoryHandle,
    readonly partial: FileSystemDirectoryHandle,
  ) {}

  /** Throws where there is no usable OPFS. */
  static async prepare(this: void, site: FileSystemDirectoryHandle): Promise<OpfsFolder> {
    const create = { create: true };
    return new OpfsFolder(
      await site.getDirectoryHandle('files', create),
      await site.getDirectoryHandle('partial', create),
    );
  }

  completed(): Promise<Set<string>> {
    return namesIn(this.files);
  }
  begun(): Promise<Set<string>> {
    return namesIn(this.partial);
  }

  file(name: string, _size: number, complete: boolean): StoredFile {
    return new OpfsFile(this, name, complete);
  }

  /** A file now has a handle: the one that was used longest ago may lose its own. */
  opened(file: OpfsFile): void {
    this.open.add(file);
    if (this.open.size <= kHandlesMax) return;
    for (const oldest of this.open) {
      if (oldest !== file && oldest.rest()) break;
    }
  }
  used(file: OpfsFile): void {
    this.open.delete(file);
    this.open.add(file);
  }
  closed(file: OpfsFile): void {
    this.open.delete(file);
  }
}

class OpfsFile implements StoredFile {
  private handle: Handle | null = null;
  /** Ends when everything asked for so far is done; null: nothing is under way. */
  private tail: Promise<unknown> | null = null;
  private readonly pending = new PendingWrites();

  constructor(
    private readonly folder: OpfsFolder,
    private readonly name: string,
    private complete: boolean,
  ) {}

  write(offset: number, bytes: Uint8Array<ArrayBuffer>): void | Promise<void> {
    if (this.complete) return; // another file of the same content was faster
    if (!this.idle) bytes = bytes.slice(); // by then the engine uses its memory for something else
    const done = this.inOrder((handle) => {
      if (this.complete) return; // it became so while this waited
      if (handle.write(bytes, { at: offset }) !== bytes.length) throw new Error('short write');
    });
    if (done) this.pending.hold(offset, bytes, done);
    return done;
  }

  read(offset: number, size: number): Uint8Array<ArrayBuffer> | Promise<Uint8Array<ArrayBuffer>> {
    const early = this.pending.read(offset, size);
    if (early) return early;
    return this.inOrder((handle) => {
      const bytes = new Uint8Array(size);
      const count = handle.read(bytes, { at: offset });
      return count === size ? bytes : bytes.slice(0, count);
    });
  }

  /** Flushes, closes, moves to files/. */
  finish(): Promise<void> {
    return this.queue(async () => {
      if (this.complete) return; // by a file of the same content
      const handle = await this.opened();
      handle.flush();
      this.shut();
      const file = await this.folder.partial.getFileHandle(this.name);
      await held(file, (f) => (f as unknown as Movable).move(this.folder.files, this.name));
      this.complete = true;
    });
  }

  remove(): Promise<void> {
    return this.queue(async () => {
      this.shut();
      const folder = this.complete ? this.folder.files : this.folder.partial;
      await folder.removeEntry(this.name).catch(() => {});
    });
  }

  /** Gives up the handle unless the file is busy; true if it did. */
  rest(): boolean {
    if (this.tail || !this.handle) return false;
    this.shut();
    return true;
  }

  private get idle(): boolean {
    return !this.tail && this.handle !== null;
  }

  private shut(): void {
    this.handle?.close();
    this.handle = null;
    this.folder.closed(this);
  }

  private async opened(): Promise<Handle> {
    if (this.handle) return this.handle;
    const folder = this.complete ? this.folder.files : this.folder.partial;
    const file = await folder.getFileHandle(this.name, { create: !this.complete });
    const mode = this.complete ? 'read-only' : 'readwrite';
    this.handle = await held(file, (f) =>
      (f as unknown as Opener).createSyncAccessHandle({ mode }),
    );
    this.folder.opened(this);
    return this.handle;
  }

  /** At once when the file is open and idle, else after what was asked before. */
  private inOrder<T>(act: (handle: Handle) => T): T | Promise<T> {
    if (this.idle && this.handle) {
      this.folder.used(this);
      return act(this.handle);
    }
    return this.queue(async () => act(await this.opened()));
  }

  private queue<T>(act: () => Promise<T>): Promise<T> {
    const done = (this.tail ?? Promise.resolve()).then(act, act);
    this.tail = done;
    const settle = (): void => {
      if (this.tail === done) this.tail = null;
    };
    done.then(settle, settle);
    return done;
  }
}
