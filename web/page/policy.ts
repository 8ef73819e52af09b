/**
 * policy.ts: what this visitor gives: nothing on a metered connection, or where the page says so.
 */
import type { Options, Policy } from '../messages.js';

interface NetworkInformation extends EventTarget {
  saveData?: boolean;
  type?: string;
}
const connection = (navigator as { connection?: NetworkInformation }).connection;

export function policyOf(options: Options): Policy {
  const metered = connection?.saveData === true || connection?.type === 'cellular';
  return {
    usePeers: options.peers,
    upload: options.upload && !metered,
    uploadRateBytesPerS: options.uploadRateBytesPerS,
  };
}

/** Calls `changed` when the network becomes another one. */
export const watchPolicy = (changed: () => void): void =>
  connection?.addEventListener?.('change', changed);
