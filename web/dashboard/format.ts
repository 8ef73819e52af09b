/**
 * format.ts: numbers as people read them.
 */
const kUnits = ['B', 'kB', 'MB', 'GB', 'TB', 'PB'];

/** 1500 → "1.5 kB" (powers of ten, as bills have them). */
export function bytes(value: number): string {
  let unit = 0;
  let scaled = value;
  while (scaled >= 999.5 && unit < kUnits.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || scaled >= 99.95 ? 0 : scaled >= 9.995 ? 1 : 2;
  return `${scaled.toFixed(digits)} ${kUnits[unit]}`;
}

/** The same for an axis: "2.5 MB", "5 MB". */
export const roundBytes = (value: number): string =>
  bytes(value)
    .replace(/(\.\d*?)0+ /, '$1 ')
    .replace('. ', ' ');

export const count = (value: number): string => value.toLocaleString('en');

/** 0.1234 → "12 %"; what is not all and not nothing never says so. */
export function percent(share: number): string {
  if (share > 0 && share < 0.01) return '< 1 %';
  if (share < 1 && share > 0.99) return '> 99 %';
  return `${Math.round(share * 100)} %`;
}

/** Money without a currency: the price has none either. */
export const money = (value: number): string =>
  value === 0 ? '0.00' : value < 0.01 ? '< 0.01' : value.toFixed(2);

/** 3725 → "1 h 2 min". */
export function span(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const hours = Math.floor((seconds % 86_400) / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (days > 0) return `${days} d ${hours} h`;
  if (hours > 0) return `${hours} h ${minutes} min`;
  return minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`;
}

const two = (value: number): string => String(value).padStart(2, '0');

/** Hours and minutes of a Unix time, in the reader's zone. */
export function clock(unixSeconds: number): string {
  const date = new Date(unixSeconds * 1000);
  return `${two(date.getHours())}:${two(date.getMinutes())}`;
}

export const date = (unixSeconds: number): string =>
  new Date(unixSeconds * 1000).toLocaleString(undefined, {
    dateStyle: 'medium',
    timeStyle: 'short',
  });
