/**
 * meter.ts: the engine's counters as what pages are told: totals at once, rates over about a second.
 */
import type { Stats as EngineStats } from '../engine/io.js';
import type { Stats } from '../messages.js';

/** Shorter spans make jumpy rates. */
const kRateSpanMs = 900;

let last = { at: 0, origin: 0, peer: 0, uploaded: 0 };
let rates = { originBytesPerS: 0, peerBytesPerS: 0, uploadBytesPerS: 0 };

export function read(stats: EngineStats, nowMs: number): Stats {
  const { fromHttp, fromPeers, fromStore, uploaded, peers } = stats;
  const now = { at: nowMs, origin: fromHttp, peer: fromPeers, uploaded };
  const seconds = (now.at - last.at) / 1000;
  if (seconds * 1000 >= kRateSpanMs) {
    const rate = (name: 'origin' | 'peer' | 'uploaded'): number =>
      Math.round((now[name] - last[name]) / seconds);
    rates = {
      originBytesPerS: rate('origin'),
      peerBytesPerS: rate('peer'),
      uploadBytesPerS: rate('uploaded'),
    };
    last = now;
  }
  return {
    bytes: { origin: fromHttp, peer: fromPeers, store: fromStore },
    rates: rates,
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
