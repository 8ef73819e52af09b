/**
 * relay.ts: a data channel that stays in the page, where the browser cannot transfer it: run() carries its
 * messages through a port, relayed() is the channel at the port's other end, in the worker.
 */
import type { RelayDown, RelayUp } from '../messages.js';
import type { Channel } from '../worker/links.js';

const kLowWater = 256 * 1024;

/** `early`: what has come before this was loaded; the channel's messages go there until then. */
export function run(channel: RTCDataChannel, port: MessagePort, early: unknown[]): void {
  const tell = (message: RelayDown, transfer: Transferable[] = []): void =>
    port.postMessage(message, transfer);
  const pass = (data: unknown): void => {
    if (data instanceof ArrayBuffer) tell({ t: 'message', data }, [data]);
  };
  channel.bufferedAmountLowThreshold = kLowWater;
  channel.onopen = () => tell({ t: 'open' });
  channel.onclose = () => tell({ t: 'close' });
  channel.onmessage = ({ data }: MessageEvent<unknown>) => pass(data);
  channel.onbufferedamountlow = () => tell({ t: 'buffered', bytes: channel.bufferedAmount });
  port.onmessage = ({ data }: MessageEvent<RelayUp>) => {
    if (data.t === 'close') return channel.close();
    try {
      channel.send(data.bytes);
      if (channel.bufferedAmount <= kLowWater)
        tell({ t: 'buffered', bytes: channel.bufferedAmount });
    } catch {
      tell({ t: 'close' });
    }
  };
  if (channel.readyState === 'open') tell({ t: 'open' });
  else if (channel.readyState !== 'connecting') tell({ t: 'close' });
  early.forEach(pass);
}

export function relayed(port: MessagePort): Channel {
  let state = 'connecting';
  let buffered = 0;
  const channel: Channel = {
    binaryType: 'arraybuffer',
    bufferedAmountLowThreshold: 0,
    onopen: null,
    onclose: null,
    onmessage: null,
    onbufferedamountlow: null,
    get readyState() {
      return state;
    },
    get bufferedAmount() {
      return buffered;
    },
    send(bytes) {
      buffered += bytes.length;
      // Of a view, a port would copy all of the memory that it looks into.
      port.postMessage({ t: 'send', bytes: bytes.slice() } satisfies RelayUp);
    },
    close() {
      state = 'closed';
      port.postMessage({ t: 'close' } satisfies RelayUp);
    },
  };
  port.onmessage = ({ data }: MessageEvent<RelayDown>) => {
    const event = new Event(data.t);
    if (data.t === 'open') {
      state = 'open';
      channel.onopen?.(event);
    } else if (data.t === 'message') {
      channel.onmessage?.(new MessageEvent('message', { data: data.data }));
    } else if (data.t === 'buffered') {
      const was = buffered;
      buffered = data.bytes;
      const low = channel.bufferedAmountLowThreshold;
      if (was > low && buffered <= low) channel.onbufferedamountlow?.(event);
    } else if (state !== 'closed') {
      state = 'closed';
      channel.onclose?.(event);
    }
  };
  return channel;
}
