// shaped-link.mjs: a TCP proxy in front of an origin: a link of so much bandwidth, shared by all
// connections, and so much delay. Service workers and workers go through it like everybody else.
import { connect, createServer } from 'node:net';

/** Bytes that may wait inside of the link before its sender is stopped. */
const kQueueMax = 256 * 1024;

/** @returns {Promise<{port: number, stop: () => void}>} */
export async function shapedLink(port, { rateMbit, rttMs }) {
  const bytesPerMs = (rateMbit * 1e6) / 8 / 1000;
  let freeAt = 0;
  const open = new Set();
  const server = createServer((client) => {
    const origin = connect({ port, host: 'localhost' });
    for (const socket of [client, origin]) {
      socket.setNoDelay(true);
      open.add(socket);
      socket.on('close', () => open.delete(socket));
      socket.on('error', () => {
        client.destroy();
        origin.destroy();
      });
    }
    // The connection itself costs a round trip.
    const since = performance.now() + rttMs;
    const pass = (from, to, leaves) => {
      let waiting = 0;
      const later = (at, act) => setTimeout(act, Math.max(0, at - performance.now()));
      let last = 0;
      from.on('data', (data) => {
        waiting += data.length;
        if (waiting > kQueueMax) from.pause();
        last = Math.max(last, leaves(data.length) + rttMs / 2);
        later(last, () => {
          waiting -= data.length;
          if (waiting <= kQueueMax) from.resume();
          if (!to.destroyed) to.write(data);
        });
      });
      from.on('end', () => later(Math.max(last, performance.now() + rttMs / 2) + 1, () => to.end()));
    };
    pass(client, origin, () => Math.max(since, performance.now()));
    pass(origin, client, (size) => (freeAt = Math.max(freeAt, performance.now()) + size / bytesPerMs));
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  return {
    port: server.address().port,
    stop: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
