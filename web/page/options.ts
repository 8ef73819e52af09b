/** options.ts: the script tag's data- attributes. What makes no sense is as if it were not there. */
import type { Options } from '../messages.js';

const amount = (text: string | undefined): number | undefined => {
  const value = Number(text);
  return text !== undefined && text.trim() !== '' && value >= 0 && Number.isFinite(value)
    ? value
    : undefined;
};
const words = (text: string | undefined): string[] => (text ?? '').split(/[\s,]+/).filter(Boolean);

/**
 * data-tracker URL · data-key public key · data-peer-grace ms · data-deadline ms · data-upload bytes
 * per second, or "off" · data-upload-total bytes per day · data-upload-ratio given per received ·
 * data-peers "off" · data-ice URLs · data-precache URLs · data-consent "off", "notice" or "ask"
 */
export function readOptions(data: { [name: string]: string | undefined }): Options {
  return {
    tracker: data['tracker'] || undefined,
    key: data['key'] || undefined,
    peerGraceMs: amount(data['peerGrace']),
    deadlineMs: amount(data['deadline']),
    peers: data['peers'] !== 'off',
    consent: data['consent'] === 'ask' || data['consent'] === 'notice' ? data['consent'] : 'off',
    upload: data['upload'] !== 'off',
    uploadRateBytesPerS: Math.floor(amount(data['upload']) ?? 0),
    uploadTotal: Math.floor(amount(data['uploadTotal']) ?? 0),
    uploadRatioPercent: Math.round(100 * (amount(data['uploadRatio']) ?? 0)),
    ice: words(data['ice']),
    precache: words(data['precache']),
  };
}
