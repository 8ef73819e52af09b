/** meter.ts: the engine's counters as what pages are told: totals, and rates since the last time. */
import type { Stats as EngineStats } from '../engine/io.js';
import type { Stats } from '../messages.js';

export class Meter {
  private last = { at: 0, origin: 0, peer: 0, uploaded: 0 };

  read(stats: EngineStats, nowMs: number): Stats {
    const { fromHttp, fromPeers, fromStore, uploaded, peers } = stats;
    const now = { at: nowMs, origin: fromHttp, peer: fromPeers, uploaded };
    const seconds = Math.max(0.001, (now.at - this.last.at) / 1000);
    const rate = (name: 'origin' | 'peer' | 'uploaded'): number =>
      Math.round((now[name] - this.last[name]) / seconds);
    const rates = {
      originBytesPerS: rate('origin'),
      peerBytesPerS: rate('peer'),
      uploadBytesPerS: rate('uploaded'),
    };
    this.last = now;
    return {
      bytes: { origin: fromHttp, peer: fromPeers, store: fromStore },
      rates,
      uploaded,
      peers: peers.map(({ peer, downloaded, uploaded, downBytesPerS, upBytesPerS }) => ({
        id: peer,
        downloaded,
        uploaded,
        downBytesPerS,
        upBytesPerS,
      })),
      leader: false,
    };
  }
}
