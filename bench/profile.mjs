// profile.mjs: where the CPU time of a browser's JavaScript goes: V8's sampling profiler in every page, worker
// and service worker of a browser that was opened with kProfiled among its flags.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../tools/stage.mjs';

const { WebSocket } = createRequire(join(root, 'web/package.json'))('ws');

/** Chromium's flag: it writes the port into its profile. */
export const kProfiled = '--remote-debugging-port=0';
const kIntervalUs = 500;

/** A connection to the browser of `profile`: sends commands, tells events. */
async function connect(profile) {
  const [port, path] = readFileSync(join(profile, 'DevToolsActivePort'), 'utf8').split('\n');
  const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`, { perMessageDeflate: false, maxPayload: 1 << 30 });
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  const waiting = new Map();
  const listeners = [];
  let last = 0;
  socket.on('message', (text) => {
    const message = JSON.parse(text);
    if (message.id === undefined) return listeners.forEach((listen) => listen(message));
    const { resolve, reject } = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) reject(new Error(message.error.message));
    else resolve(message.result);
  });
  return {
    send: (method, params = {}, sessionId = undefined) =>
      new Promise((resolve, reject) => {
        waiting.set(++last, { resolve, reject });
        socket.send(JSON.stringify({ id: last, method, params, sessionId }));
      }),
    listen: (listener) => listeners.push(listener),
    close: () => socket.close(),
  };
}

/** Self time of a profile in ms: kind of code → ms, and the functions that took most. */
function summary({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const functions = new Map();
  const kinds = { wasm: 0, script: 0, browser: 0, collector: 0, idle: 0 };
  samples.forEach((id, i) => {
    const { functionName, url, lineNumber } = byId.get(id).callFrame;
    const ms = timeDeltas[i] / 1000;
    const kind = url.startsWith('wasm:') ? 'wasm'
      : functionName === '(idle)' ? 'idle'
      : functionName === '(garbage collector)' ? 'collector'
      : functionName === '(program)' || url === '' ? 'browser'
      : 'script';
    kinds[kind] += ms;
    const name = `${functionName || '(anonymous)'} ${url.split('/').pop()}${kind === 'script' ? `:${lineNumber + 1}` : ''}`;
    functions.set(name, (functions.get(name) ?? 0) + ms);
  });
  const top = [...functions].filter(([name]) => !name.startsWith('(idle)')).sort((a, b) => b[1] - a[1]);
  return { kinds, top: top.slice(0, 25) };
}

/**
 * Starts profiling all that runs in the browser now.
 * @returns {Promise<() => Promise<Record<string, {kinds: Record<string, number>, top: [string, number][]}>>>}
 *   ends it: per page, worker and service worker its self times in ms.
 */
export async function startProfile(profile) {
  const browser = await connect(profile);
  const targets = [];
  browser.listen(({ method, params }) => {
    if (method === 'Target.attachedToTarget') targets.push({ session: params.sessionId, ...params.targetInfo });
  });
  const { targetInfos } = await browser.send('Target.getTargets');
  for (const { type, targetId } of targetInfos)
    if (['page', 'service_worker'].includes(type)) await browser.send('Target.attachToTarget', { targetId, flatten: true });
  const watch = { autoAttach: true, waitForDebuggerOnStart: false, flatten: true };
  for (const { type, session } of [...targets])
    if (type === 'page') await browser.send('Target.setAutoAttach', watch, session);
  for (const { session } of targets) {
    await browser.send('Profiler.enable', {}, session);
    await browser.send('Profiler.setSamplingInterval', { interval: kIntervalUs }, session);
    await browser.send('Profiler.start', {}, session);
  }
  return async () => {
    const all = {};
    for (const { session, type } of targets) {
      const stopped = await browser.send('Profiler.stop', {}, session).catch(() => null); // it ended
      if (stopped) all[type] = summary(stopped.profile);
    }
    browser.close();
    return all;
  };
}
