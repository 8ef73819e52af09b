/**
 * network-checks.ts: can this browser reach the tracker, and other browsers? Part of diagnose.
 * LIMITS    kWaitMs per question; three RTCPeerConnections in all (a tab has about 500 for life).
 */
import { binaryToHex, hexToBinary } from '../../hex.js';
import type { Tell } from './origin-checks.js';

const kWaitMs = 5000;
const late = <T>(otherwise: T): Promise<T> =>
  new Promise((resolve) => setTimeout(resolve, kWaitMs, otherwise));

export interface TrackerView {
  /** Others in the swarm; null: it does not say. */
  others: number | null;
}

/** Asks for nothing but numbers: nobody is introduced to this visitor. */
export async function checkTracker(
  url: string,
  hash: string,
  tell: Tell,
): Promise<TrackerView | null> {
  if (location.protocol === 'https:' && url.startsWith('ws:')) {
    tell('tracker-insecure', 'problem', url);
    return null;
  }
  let socket: WebSocket;
  try {
    socket = new WebSocket(url);
  } catch (error) {
    tell('tracker-unreachable', 'problem', `${url}: ${String(error)}`);
    return null;
  }
  const short = hash.slice(0, 40);
  const answer = await Promise.race([
    late<unknown>('it does not answer'),
    new Promise<unknown>((resolve) => {
      socket.onclose = ({ code }) => resolve(`closed (${code})`);
      socket.onopen = () =>
        socket.send(JSON.stringify({ action: 'scrape', info_hash: hexToBinary(short) }));
      socket.onmessage = ({ data }) => {
        try {
          resolve(JSON.parse(String(data)));
        } catch {
          resolve('it answers something else');
        }
      };
    }),
  ]);
  const up = socket.readyState === WebSocket.OPEN;
  socket.onclose = null;
  socket.close();
  if (typeof answer !== 'object' || answer === null) {
    if (up) return { others: null }; // there, but silent: it knows no scrape
    tell('tracker-unreachable', 'problem', `${url}: ${String(answer)}`);
    return null;
  }
  const { files, ...rest } = answer as { [name: string]: unknown };
  if (typeof rest['failure reason'] === 'string') {
    tell('tracker-refused', 'problem', `${url}: ${rest['failure reason']}`);
    return null;
  }
  for (const [key, counts] of Object.entries((files ?? {}) as object)) {
    if (binaryToHex(key, 20) !== short) continue;
    const { complete, incomplete } = counts as { complete: number; incomplete: number };
    return { others: complete + incomplete };
  }
  return { others: null };
}

/** Two ends in this page: if they cannot talk, nobody can. */
export async function checkLoopback(tell: Tell): Promise<boolean> {
  const ends = [new RTCPeerConnection(), new RTCPeerConnection()] as const;
  const [a, b] = ends;
  let seen = 0;
  for (const [from, to] of [ends, [b, a]] as const) {
    from.onicecandidate = ({ candidate }) => {
      if (candidate?.candidate) seen += 1;
      if (candidate) to.addIceCandidate(candidate).catch(() => {});
    };
  }
  try {
    const opened = new Promise<boolean>((resolve) => {
      a.createDataChannel('skep').onopen = () => resolve(true);
    });
    await a.setLocalDescription();
    await b.setRemoteDescription(a.localDescription!);
    await b.setLocalDescription();
    await a.setRemoteDescription(b.localDescription!);
    if (await Promise.race([opened, late(false)])) return true;
    tell('webrtc-blocked', 'problem', seen === 0 ? 'no address was found' : 'no way was found');
  } catch (error) {
    tell('webrtc-blocked', 'problem', String(error));
  } finally {
    for (const end of ends) end.close();
  }
  return false;
}

/** Does one of the STUN or TURN servers answer? */
export async function checkStun(urls: string[], tell: Tell): Promise<void> {
  const peer = new RTCPeerConnection({ iceServers: [{ urls, username: '', credential: '' }] });
  try {
    const found = new Promise<boolean>((resolve) => {
      peer.onicecandidate = ({ candidate }) => {
        if (candidate && /^(srflx|relay)$/.test(candidate.type ?? '')) resolve(true);
      };
    });
    peer.createDataChannel('skep');
    await peer.setLocalDescription();
    if (!(await Promise.race([found, late(false)]))) tell('udp-blocked', 'problem', urls.join(' '));
  } catch (error) {
    tell('udp-blocked', 'problem', `${urls.join(' ')}: ${String(error)}`);
  } finally {
    peer.close();
  }
}
