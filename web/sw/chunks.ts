/**
 * chunks.ts: bytes on their way from the engine: pushed by messages, taken by the page's stream.
 * CONTRACT  next() rejects after fail(), once what came before was taken.
 */
export type Chunk = Uint8Array<ArrayBuffer>;

export class Chunks {
  private readonly queue: Chunk[] = [];
  private over: 'end' | 'fail' | null = null;
  private wake: (() => void) | null = null;
  /** The origin has other bytes than it signed: what follows must not be mixed with these. */
  mismatch = false;

  push(chunk: Chunk): void {
    this.queue.push(chunk);
    this.notify();
  }
  end(): void {
    this.over ??= 'end';
    this.notify();
  }
  fail(mismatch = false): void {
    this.mismatch ||= mismatch;
    this.over ??= 'fail';
    this.notify();
  }

  /** The next chunk; null at the end. Rejects when it failed, or when nothing came for so long. */
  async next(stallMs: number): Promise<Chunk | null> {
    for (;;) {
      const chunk = this.queue.shift();
      if (chunk) return chunk;
      if (this.over === 'end') return null;
      if (this.over === 'fail') throw new Error('the engine failed');
      await this.news(stallMs);
    }
  }

  private notify(): void {
    this.wake?.();
    this.wake = null;
  }
  private news(stallMs: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the engine stalls')), stallMs);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
