/**
 * relayed.ts: a data channel that stayed in the page, driven through a port, where the browser cannot
 * transfer channels. The page's half is page/relay.ts.
 */
import type { RelayDown, RelayUp } from '../messages.js';
import type { Channel } from './links.js';

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
