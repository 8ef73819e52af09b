// Numbers as people read them. Decimal units, as networks are sold.

export function bytesText(bytes) {
  if (bytes < 1000) return `${Math.round(bytes)}\u00a0B`;
  if (bytes < 999_500) return `${Math.round(bytes / 1000)}\u00a0KB`;
  return `${(bytes / 1e6).toFixed(1)}\u00a0MB`;
}

export function megabytesText(bytes) {
  return `${(bytes / 1e6).toFixed(1)}\u00a0MB`;
}

export function rateText(bytesPerS) {
  if (!(bytesPerS > 500)) return 'idle';
  return bytesPerS < 999_500 ? `${Math.round(bytesPerS / 1000)}\u00a0KB/s` : `${megabytesText(bytesPerS)}/s`;
}

/** Whole percent, but never 100 when something is missing, nor 0 when something is there. */
export function percentOf(part, whole) {
  if (whole <= 0 || part <= 0) return 0;
  if (part >= whole) return 100;
  return Math.min(99, Math.max(1, Math.round((part / whole) * 100)));
}
