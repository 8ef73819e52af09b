// faults.mjs: what may happen to an origin, at full size, with figures (tests/interop/faults.mjs).
import { diskFull, fewDescriptors, idleSockets, killPublish, killServe, slowReaders, wireFuzz } from '../tests/interop/faults.mjs';

const kilobytes = (n) => `${(n / 1024).toFixed(1)} KiB`;
const faults = {
  'kill publish': [() => killPublish({ rounds: 100 }), (r) => `${r.rounds} runs, ${r.killed} of them killed: verified after each`],
  'kill serve': [() => killServe({ rounds: 30 }), (r) => `${r.rounds} kills under load: verified after each`],
  'disk full': [() => diskFull({ steps: 60 }), (r) => `${r.failed} failed runs with growing room: the old publication stayed`],
  descriptors: [() => fewDescriptors({ limit: 256, connections: 2000 }), (r) => `${r.connections} connections, ${r.limit} descriptors: ${r.served} files served`],
  'idle WebSockets': [() => idleSockets({ count: 10_000, hold: 5000 }), (r) => `${r.count}: ${kilobytes(r.perSocket)} each; a request beside them ${r.medianMs.toFixed(1)} ms`],
  'slow readers': [() => slowReaders({ count: 2000, untilClosed: true }), (r) => `${r.count}: ${kilobytes(r.perReader)} each; a request beside them ${r.besideMs.toFixed(1)} ms (alone ${r.aloneMs.toFixed(1)}); given up after ${r.closedAfterS.toFixed(0)} s`],
  'wire fuzz': [() => wireFuzz({ connections: 20_000, seed: 1 }), (r) => `${r.connections} malformed connections: memory grew by ${kilobytes(r.grown)}`],
};

/** Plays the faults whose name contains `only`, once each. */
export async function run({ only = '' } = {}) {
  const figures = [];
  for (const [name, [play, say]] of Object.entries(faults).filter(([n]) => n.includes(only))) {
    const figure = await play();
    figures.push({ fault: name, ...figure });
    console.log(`| ${name} | ${say(figure)} |`);
  }
  return figures;
}
