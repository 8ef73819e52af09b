/**
 * memory.ts: files of the store where the browser has no OPFS: nothing outlives the worker.
 * LIMITS    kMemoryMax for all files; what exceeds it is refused.
 */

/** Enough for a page's assets to be shared while it is open, harmless on a small phone. */
export const kMemoryMax = 64 * 1024 * 1024;

export class MemoryBudget {
  private used = 0;
  take(size: number): boolean {
    if (this.used + size > kMemoryMax) return false;
    this.used += size;
    return true;
  }
  give(size: number): void {
    this.used -= size;
  }
}

export class MemoryFile {
  private bytes: Uint8Array<ArrayBuffer> | null = null;

  constructor(
    private readonly budget: MemoryBudget,
    private readonly size: number,
  ) {}

  /** Throws when the budget is exhausted. */
  write(offset: number, bytes: Uint8Array): void {
    if (!this.bytes) {
      if (!this.budget.take(this.size)) throw new Error('the memory for files is used up');
      this.bytes = new Uint8Array(this.size);
    }
    this.bytes.set(bytes, offset);
  }
  read(offset: number, size: number): Uint8Array<ArrayBuffer> {
    return (this.bytes ?? new Uint8Array(0)).slice(offset, offset + size);
  }
  finish(): Promise<void> {
    return Promise.resolve();
  }
  remove(): Promise<void> {
    if (this.bytes) this.budget.give(this.size);
    this.bytes = null;
    return Promise.resolve();
  }
}
