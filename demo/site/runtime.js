// The only file that knows Skep's page API. Without Skep, or with Skep off, the page is plain HTTP.

const PATIENCE_MS = 2500; // skep.ready resolves within 2 s; a broken runtime must not hold the page

const NO_STATS = {
  bytes: { origin: 0, peer: 0, store: 0 },
  rates: { originBytesPerS: 0, peerBytesPerS: 0, uploadBytesPerS: 0 },
  uploaded: 0,
  peers: [],
  leader: false,
};

const parsed = () => new Promise((resolve) => {
  if (document.readyState !== 'loading') resolve();
  else document.addEventListener('DOMContentLoaded', resolve, { once: true });
});

/** Resolves to { mode, reason, stats(), onAsset(fn), onStats(fn) }; never rejects. */
export async function connectRuntime() {
  if (!globalThis.skep) {
    await parsed();
    await new Promise((resolve) => { setTimeout(resolve, 0); }); // scripts that ran with us
  }
  const { skep } = globalThis;
  if (!skep?.ready) return runtime(null, { mode: 'off', reason: 'the page has no skep.js' });
  const listeners = [];
  // Listen before waiting: the first reports may arrive together with readiness.
  const early = [];
  let deliver = (detail) => early.push(detail);
  skep.addEventListener('asset', (event) => deliver(event.detail));
  const late = new Promise((resolve) => {
    setTimeout(resolve, PATIENCE_MS, { mode: 'off', reason: 'Skep did not start in time' });
  });
  const state = await Promise.race([skep.ready, late])
    .catch((error) => ({ mode: 'off', reason: String(error?.message ?? error) }));
  return runtime(skep, state ?? { mode: 'off' }, (listener) => {
    listeners.push(listener);
    deliver = (detail) => listeners.forEach((each) => each(detail));
    early.splice(0).forEach(deliver);
  });
}

function runtime(skep, { mode, reason }, onAsset = () => {}) {
  return {
    // A busy machine may be late: what Skep says of itself now counts, not what it said in time.
    get mode() {
      return skep?.state?.mode ?? mode;
    },
    get reason() {
      return skep?.state?.reason ?? reason;
    },
    onAsset,
    onStats(listener) {
      skep?.addEventListener('stats', listener);
    },
    stats() {
      try {
        return skep ? { ...NO_STATS, ...skep.stats() } : NO_STATS;
      } catch {
        return NO_STATS;
      }
    },
  };
}
