/**
 * restore.ts: goes on with files that an earlier engine began: a navigation ends every engine, and a large
 * file must not begin again with each page.
 * CONTRACT  offers the engine every part of such a file that could be a piece; it takes what verifies. Holes
 *           and torn writes cost a hash each.
 * LIMITS    kAtOnce pieces, then everybody else has a turn.
 */
import type { TorrentReady } from '../engine/io.js';
import { put } from './pump.js';
import * as store from './store.js';

const kAtOnce = 16;

export async function restore({ torrent, files, pieceLength }: TorrentReady): Promise<void> {
  for (const { file, root, size } of files) {
    if (store.has(root) || !store.begun.delete(root)) continue;
    for (let offset = 0; offset < size; offset += pieceLength) {
      const bytes = await store.read(root, size, offset, Math.min(pieceLength, size - offset));
      if (bytes.length === 0) break; // its end, or it is not there
      put({ t: 'piece-found', torrent, file, offset, bytes });
      if ((offset / pieceLength) % kAtOnce === kAtOnce - 1)
        await new Promise((resolve) => setTimeout(resolve));
    }
  }
}
