/**
 * links.ts: data channels as the engine's links: byte streams with a measured send buffer.
 * CONTRACT  a link id is given when its channel opens and never used again. link-closed is told once
 *           unless the engine closed it.
 * LIMITS    messages of kMessageSize; the engine stops sending when 1 MiB waits.
 */
import type { Hex, LinkClose, LinkSend } from '../engine/io.js';
import { put } from './pump.js';
import * as signals from './signals.js';

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

const links = new Map<number, Link>();
let next = 1;

/** Takes a channel, open or not yet; messages that come with its opening are kept. */
export function take(conn: number, channel: Channel, who: Introduction): void {
  const link: Link = { id: next, conn, channel, unreported: 0 };
  next += 1;
  let early: Uint8Array[] | null = [];
  channel.binaryType = 'arraybuffer';
  channel.bufferedAmountLowThreshold = kLowWater;
  const open = (): void => {
    if (!early) return;
    const first = early;
    early = null;
    links.set(link.id, link);
    signals.opened(conn);
    put({ t: 'link-opened', link: link.id, ...who });
    for (const bytes of first) put({ t: 'link-bytes', link: link.id, bytes });
  };
  channel.onmessage = ({ data }) => {
    if (!(data instanceof ArrayBuffer)) return; // text: not our protocol
    const bytes = new Uint8Array(data);
    if (early) early.push(bytes);
    else if (links.has(link.id)) put({ t: 'link-bytes', link: link.id, bytes });
  };
  channel.onopen = open;
  channel.onclose = () => gone(link);
  channel.onbufferedamountlow = () => report(link);
  if (channel.readyState === 'open') open();
  else if (channel.readyState !== 'connecting') signals.end(conn);
}

export function send({ link: id, bytes }: LinkSend): void {
  const link = links.get(id);
  if (!link) return;
  try {
    for (let at = 0; at < bytes.length; at += kMessageSize) {
      link.channel.send(
        bytes.length <= kMessageSize ? bytes : bytes.subarray(at, at + kMessageSize),
      );
    }
  } catch {
    return gone(link);
  }
  link.unreported += bytes.length;
  if (link.unreported >= kReportEvery && link.channel.bufferedAmount <= kLowWater) {
    report(link);
  }
}

export function close({ link: id }: LinkClose): void {
  const link = links.get(id);
  if (!link) return;
  links.delete(id);
  link.channel.close();
  signals.end(link.conn);
}

/** The page says that this connection is over. */
export function connectionClosed(conn: number): void {
  for (const link of links.values()) if (link.conn === conn) gone(link);
}

function report(link: Link): void {
  if (!links.has(link.id)) return;
  link.unreported = 0;
  put({ t: 'link-drained', link: link.id, bufferedBytes: link.channel.bufferedAmount });
}

function gone(link: Link): void {
  if (!links.delete(link.id)) return signals.end(link.conn);
  put({ t: 'link-closed', link: link.id });
  signals.end(link.conn);
}
