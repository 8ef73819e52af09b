/**
 * pending.ts: writes of a file that are still on their way to the disk, readable already.
 * WHY       opening a handle takes milliseconds; a small file is with the page before that.
 */
export class PendingWrites {
  private readonly parts = new Set<{ offset: number; bytes: Uint8Array<ArrayBuffer> }>();

  /** Holds `bytes` until `done` settles. */
  hold(offset: number, bytes: Uint8Array<ArrayBuffer>, done: Promise<unknown>): void {
    const part = { offset, bytes };
    this.parts.add(part);
    const release = (): void => void this.parts.delete(part);
    done.then(release, release);
  }

  /** Bytes [offset, offset + size), if all of them are here; a copy. */
  read(offset: number, size: number): Uint8Array<ArrayBuffer> | null {
    if (this.parts.size === 0) return null;
    const all = new Uint8Array(size);
    let at = 0;
    for (let found = true; found && at < size; ) {
      found = false;
      for (const part of this.parts) {
        const from = offset + at - part.offset;
        if (from < 0 || from >= part.bytes.length) continue;
        const piece = part.bytes.subarray(from, from + size - at);
        all.set(piece, at);
        at += piece.length;
        found = true;
      }
    }
    return at >= size ? all : null;
  }
}
