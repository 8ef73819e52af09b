/**
 * rtc.ts: RTCPeerConnections, which only a window can have: one per peer, made when it was chosen.
 * CONTRACT  a data channel is transferred to the worker in the task that created or announced it.
 *           Offers and answers are told at once, with more candidates as they come, and whole when ICE has
 *           gathered, or had kGatherMs to.
 * LIMITS    kConstructedMax: Chromium allows about 500 constructions in the life of a tab.
 */
import type { PageToWorker } from '../messages.js';
import { runtimeUrl } from '../place.js';

/** Replaced by build.mjs: where channels cannot be transferred. */
declare const MORE: { relay: string };
type Relay = typeof import('../more/relay.js');

const kConstructedMax = 400;
/** mDNS and host candidates take 150 ms; STUN and TURN a round trip or two. */
const kGatherMs = 1000;
/** Candidates of that time are told together. */
const kTogetherMs = 10;
/** A connection that fell silent may come back; ICE tries for a while. */
const kDisconnectedMs = 5000;

let constructed = 0;

export class Connections {
  private readonly peers = new Map<number, RTCPeerConnection>();
  private movable = true;

  constructor(
    private readonly base: string,
    private readonly say: (message: PageToWorker, transfer?: Transferable[]) => void,
  ) {}

  /** Makes an offer; its channel goes to the worker now. */
  async dial(conn: number, ice: string[]): Promise<void> {
    await this.attempt(conn, async () => {
      const peer = this.construct(conn, ice);
      this.hand(conn, peer.createDataChannel('skep'));
      await peer.setLocalDescription();
      this.tell(conn, peer);
    });
  }

  /** Answers somebody's offer; the channel comes with the connection. */
  async accept(conn: number, sdp: string, ice: string[]): Promise<void> {
    await this.attempt(conn, async () => {
      const peer = this.construct(conn, ice);
      peer.ondatachannel = ({ channel }) => {
        peer.ondatachannel = null; // one channel per peer
        this.hand(conn, channel);
      };
      await peer.setRemoteDescription({ type: 'offer', sdp });
      await peer.setLocalDescription();
      this.tell(conn, peer);
    });
  }

  /** The answer to our offer, or candidates of the other side (RFC 8839 section 5.1), a line each. */
  async remote(conn: number, sdp: string): Promise<void> {
    await this.attempt(conn, async () => {
      const peer = this.peers.get(conn);
      if (sdp.startsWith('v=')) {
        if (peer?.signalingState === 'have-local-offer')
          await peer.setRemoteDescription({ type: 'answer', sdp });
      } else {
        for (const candidate of sdp.split('\n'))
          await peer?.addIceCandidate({ candidate, sdpMLineIndex: 0 });
      }
    });
  }

  close(conn: number): void {
    const peer = this.peers.get(conn);
    this.peers.delete(conn);
    peer?.close();
  }

  closeAll(): void {
    for (const conn of [...this.peers.keys()]) this.close(conn);
  }

  private construct(conn: number, ice: string[]): RTCPeerConnection {
    if (constructed >= kConstructedMax) throw new Error(); // the dial fails
    constructed += 1;
    const peer = new RTCPeerConnection(ice.length > 0 ? { iceServers: [{ urls: ice }] } : {});
    this.peers.set(conn, peer);
    let silent: ReturnType<typeof setTimeout> | undefined;
    peer.onconnectionstatechange = () => {
      clearTimeout(silent);
      const { connectionState } = peer;
      if (connectionState === 'failed' || connectionState === 'closed') this.fail(conn);
      if (connectionState === 'disconnected') {
        silent = setTimeout(() => this.fail(conn), kDisconnectedMs);
      }
    };
    return peer;
  }

  /** Must run in the task that made the channel or told of it. */
  private hand(conn: number, channel: RTCDataChannel): void {
    if (this.movable) {
      try {
        return this.say({ t: 'channel', conn, channel }, [channel as unknown as Transferable]);
      } catch {
        this.movable = false;
      }
    }
    const { port1, port2 } = new MessageChannel();
    this.say({ t: 'relay', conn, port: port2 }, [port2]);
    const early: unknown[] = [];
    channel.binaryType = 'arraybuffer';
    channel.onmessage = ({ data }: MessageEvent<unknown>) => early.push(data);
    void this.attempt(conn, async () => {
      const more = import(runtimeUrl(this.base, MORE.relay)) as Promise<Relay>;
      (await more).run(channel, port1, early);
    });
  }

  /** Our half, now and whenever there are more candidates; whole when ICE has gathered. */
  private tell(conn: number, peer: RTCPeerConnection): void {
    const say = (whole: boolean): void => {
      const { type, sdp } = this.peers.get(conn)?.localDescription ?? {};
      if (sdp) this.say({ t: 'local', conn, type: type as 'offer', sdp, whole });
    };
    say(false);
    peer.onicecandidate = ({ candidate }) => setTimeout(say, kTogetherMs, !candidate);
    setTimeout(say, kGatherMs, true);
  }

  private async attempt(conn: number, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch {
      this.fail(conn);
    }
  }

  private fail(conn: number): void {
    this.close(conn);
    this.say({ t: 'closed', conn });
  }
}
