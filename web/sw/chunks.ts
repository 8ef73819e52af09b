/**
 * chunks.ts: bytes on their way from the engine: pushed by messages, taken by the page's stream.
 * CONTRACT  next() rejects after fail() or cancel(), once what came before was taken.
 */
export type Chunk = Uint8Array<ArrayBuffer>;

export class Chunks {
  private readonly queue: Chunk[] = [];
  private over: 'end' | 'fail' | null = null;
  private wake = (): void => {};
  /** The origin has other bytes than it signed: what follows must not be mixed with these. */
  mismatch = false;

  constructor(
    /** There is room for one more. */
    private readonly taken: () => void,
    /** Nobody reads any more. */
    private readonly left: () => void,
  ) {}

  push(chunk: Chunk): void {
    this.queue.push(chunk);
    this.wake();
  }
  end(): void {
    this.over ??= 'end';
    this.wake();
  }
  fail(mismatch = false): void {
    this.mismatch ||= mismatch;
    this.over ??= 'fail';
    this.wake();
  }

  cancel(): void {
    this.left();
    this.fail();
  }

  /** The next chunk; null at the end. Rejects when it failed, or when nothing came for so long. */
  async next(stallMs: number): Promise<Chunk | null> {
    if (this.queue.length === 0 && !this.over) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(() => this.fail(), stallMs);
        this.wake = () => resolve(clearTimeout(timer));
      });
    }
    const chunk = this.queue.shift();
    if (chunk) this.taken();
    else if (this.over !== 'end') throw new Error('stalled');
    return chunk ?? null;
  }
}
