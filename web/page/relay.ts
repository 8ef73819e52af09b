/**
 * relay.ts: carries a data channel's messages through a port, where the browser cannot transfer the
 * channel itself. The worker's half is worker/relayed.ts.
 */
import type { RelayDown, RelayUp } from '../messages.js';

const kLowWater = 256 * 1024;

export function relay(channel: RTCDataChannel, port: MessagePort): void {
  const tell = (message: RelayDown, transfer: Transferable[] = []): void =>
    port.postMessage(message, transfer);
  channel.binaryType = 'arraybuffer';
  channel.bufferedAmountLowThreshold = kLowWater;
  channel.onopen = () => tell({ t: 'open' });
  channel.onclose = () => tell({ t: 'close' });
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    if (data instanceof ArrayBuffer) tell({ t: 'message', data }, [data]);
  };
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
}
