/**
 * policy.ts: what this visitor gives and takes, decided from its circumstances.
 * CONTRACT  pure. A metered connection never gives; a hidden page on battery or on a metered connection
 *           does nothing at all after kHiddenMs; nothing happens without the consent that is asked for.
 * SPEC      docs/page.md, "What a visitor gives".
 */
import type { Options, Policy } from '../messages.js';

/** What is true of the visitor now; undefined: the browser does not say. */
export interface Circumstances {
  saveData: boolean | undefined;
  /** NetworkInformation.type and .effectiveType. */
  type: string | undefined;
  effectiveType: string | undefined;
  charging: boolean | undefined;
  /** A phone or a tablet. */
  mobile: boolean;
  /** How long no tab of the site has been seen; 0: one is. */
  hiddenMs: number;
  agreed: boolean;
  declined: boolean;
  paused: boolean;
  /** What data-upload-total leaves to this page's engine. */
  allowance: number;
}

/** Ids of docs/diagnostics.md. */
export type Why =
  | ''
  | 'peers-off'
  | 'consent-declined'
  | 'consent-missing'
  | 'paused'
  | 'metered'
  | 'battery';

export interface Decision extends Policy {
  /** What holds back most; nothing: ''. */
  why: Why;
}

/** Links are kept so long, because who looks at another tab is back soon. */
export const kHiddenMs = 60_000;
const kMeteredTypes = ['cellular', 'wimax', 'bluetooth'];

/** Metered, as far as we can know: on a phone that does not say, assumed. */
export function isMetered({ saveData, type, mobile }: Circumstances): boolean {
  const unknown = type === undefined || type === 'unknown' || type === 'other';
  return saveData === true || kMeteredTypes.includes(type!) || (unknown && mobile);
}

export function decide(options: Options, now: Circumstances): Decision {
  const metered = isMetered(now);
  // Desktop computers without a battery say `charging`; phones that say nothing run on theirs.
  const battery = !(now.charging ?? !now.mobile);
  const saving = now.hiddenMs > 0 && (metered || battery);
  const slow = /2g/.test(now.effectiveType ?? '');
  const frugal = metered || slow || saving;
  const forbidden: Why =
    (!options.peers && 'peers-off') ||
    (now.declined && 'consent-declined') ||
    (options.consent === 'ask' && !now.agreed && 'consent-missing') ||
    (now.paused && 'paused') ||
    '';
  const usePeers = forbidden === '' && !(saving && now.hiddenMs >= kHiddenMs);
  return {
    usePeers,
    upload:
      usePeers && options.upload && !(options.uploadTotal > 0 && now.allowance === 0) && !frugal,
    prefetch: !frugal,
    uploadRateBytesPerS: options.uploadRateBytesPerS,
    uploadTotalMax: options.uploadTotal > 0 ? now.allowance : 0,
    uploadRatioPercent: options.uploadRatioPercent,
    why: forbidden || (metered || slow ? 'metered' : saving ? 'battery' : ''),
  };
}
