/**
 * meter.ts: the engine's counters as what pages are told: totals at once, rates over about a second.
 */
import type { Stats as EngineStats } from '../engine/io.js';
import type { Stats } from '../messages.js';

/** Shorter spans make jumpy rates. */
const kRateSpanMs = 900;

let last = { at: 0, fromHttp: 0, fromPeers: 0, uploaded: 0 };
let rates = { originBytesPerS: 0, peerBytesPerS: 0, uploadBytesPerS: 0 };

export function read(stats: EngineStats, nowMs: number): Stats {
  const { fromHttp, fromPeers, fromStore, uploaded, peers } = stats;
  const span = nowMs - last.at;
  if (span >= kRateSpanMs) {
    const rate = (now: number, before: number): number =>
      Math.round(((now - before) * 1000) / span);
    rates = {
      originBytesPerS: rate(fromHttp, last.fromHttp),
      peerBytesPerS: rate(fromPeers, last.fromPeers),
      uploadBytesPerS: rate(uploaded, last.uploaded),
    };
    last = { at: nowMs, fromHttp, fromPeers, uploaded };
  }
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
