/**
 * links.ts: data channels as the engine's links: byte streams with a measured send buffer.
 * CONTRACT  a link id is given when its channel opens and never used again. link-closed is told once
 *           unless the engine closed it.
 * LIMITS    messages of kMessageSize; the engine stops sending when 1 MiB waits.
 */
import type { Hex, Input, LinkClose, LinkSend } from '../engine/io.js';

/** What we need of an RTCDataChannel; relay.ts offers the same where channels cannot be moved. */
export interface Channel {
  binaryType: string;
  readonly readyState: string;
  readonly bufferedAmount: number;
  bufferedAmountLowThreshold: number;
  onopen: ((event: Event) => unknown) | null;
  onclose: ((event: Event) => unknown) | null;
  onmessage: ((event: MessageEvent) => unknown) | null;
  onbufferedamountlow: ((event: Event) => unknown) | null;
  send(bytes: Uint8Array<ArrayBuffer>): void;
  close(): void;
}

/** Every browser takes 64 KiB; larger messages are no faster (measured). */
const kMessageSize = 64 * 1024;
/** Half of the engine's kLinkSendBufferMax: when to say that a buffer has drained. */
const kLowWater = 512 * 1024;
/** Also say so after this many bytes went straight through. */
const kReportEvery = 128 * 1024;

interface Link {
  id: number;
  conn: number;
  channel: Channel;
  unreported: number;
}
/** Who is at the other end, as the tracker told us. */
export interface Introduction {
  torrent: number;
  peer: Hex;
  /** 0 when the other side dialled. */
  dial: number;
}

export class Links {
  private readonly links = new Map<number, Link>();
  private next = 1;

  constructor(
    private readonly put: (input: Input) => void,
    private readonly onOpen: (conn: number) => void,
    /** A link is over: its connection, too. */
    private readonly onGone: (conn: number) => void,
  ) {}

  /** Takes a channel, open or not yet; messages that come with its opening are kept. */
  take(conn: number, channel: Channel, who: Introduction): void {
    const link: Link = { id: this.next, conn, channel, unreported: 0 };
    this.next += 1;
    let early: Uint8Array[] | null = [];
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = kLowWater;
    const open = (): void => {
      if (!early) return;
      const first = early;
      early = null;
      this.links.set(link.id, link);
      this.onOpen(conn);
      this.put({ t: 'link-opened', link: link.id, ...who });
      for (const bytes of first) this.put({ t: 'link-bytes', link: link.id, bytes });
    };
    channel.onmessage = ({ data }) => {
      if (!(data instanceof ArrayBuffer)) return; // text: not our protocol
      const bytes = new Uint8Array(data);
      if (early) early.push(bytes);
      else if (this.links.has(link.id)) this.put({ t: 'link-bytes', link: link.id, bytes });
    };
    channel.onopen = open;
    channel.onclose = () => this.gone(link);
    channel.onbufferedamountlow = () => this.report(link);
    if (channel.readyState === 'open') open();
    else if (channel.readyState !== 'connecting') this.onGone(conn);
  }

  send({ link: id, bytes }: LinkSend): void {
    const link = this.links.get(id);
    if (!link) return;
    try {
      for (let at = 0; at < bytes.length; at += kMessageSize) {
        link.channel.send(
          bytes.length <= kMessageSize ? bytes : bytes.subarray(at, at + kMessageSize),
        );
      }
    } catch {
      return this.gone(link);
    }
    link.unreported += bytes.length;
    if (link.unreported >= kReportEvery && link.channel.bufferedAmount <= kLowWater) {
      this.report(link);
    }
  }

  close({ link: id }: LinkClose): void {
    const link = this.links.get(id);
    if (!link) return;
    this.links.delete(id);
    link.channel.close();
    this.onGone(link.conn);
  }

  /** The page says that this connection is over. */
  connectionClosed(conn: number): void {
    for (const link of this.links.values()) if (link.conn === conn) this.gone(link);
  }

  get count(): number {
    return this.links.size;
  }

  private report(link: Link): void {
    if (!this.links.has(link.id)) return;
    link.unreported = 0;
    this.put({ t: 'link-drained', link: link.id, bufferedBytes: link.channel.bufferedAmount });
  }

  private gone(link: Link): void {
    if (!this.links.delete(link.id)) return this.onGone(link.conn);
    this.put({ t: 'link-closed', link: link.id });
    this.onGone(link.conn);
  }
}
