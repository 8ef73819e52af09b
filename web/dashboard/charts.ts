/**
 * charts.ts: small charts: areas on top of each other, and a line.
 * CONTRACT  a chart is an image with a sentence that says what it shows; its numbers are in a table
 *           beside it, so nobody depends on seeing it.
 */
import { h, s } from './dom.js';
import { clock } from './format.js';

/** On a phone the drawing is as narrow as the screen: its texts keep their size. */
const kWidthPhone = 320;
const kWidthWide = 560;
const kHeight = 220;
const kLeft = 62;
const kRight = 8;
const kTop = 10;
const kBottom = 24;

export interface Series {
  /** Class of the shape: "peers-area", "origin-area", "peers-line". */
  mark: string;
  values: number[];
}
export interface Chart {
  /** One sentence for who does not see it. */
  summary: string;
  times: number[];
  series: Series[];
  /** The marks are areas, each on top of the one before. */
  stacked: boolean;
  print(value: number): string;
}

/** A round number not below `value`. */
export function niceMaximum(value: number): number {
  if (value <= 1) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find((step) => step * power >= value) ?? 10;
  return factor * power;
}

export function draw({ summary, times, series, stacked, print }: Chart): SVGElement {
  const width = matchMedia('(max-width: 30rem)').matches ? kWidthPhone : kWidthWide;
  const columns = times.length;
  const sums = times.map((_, i) => series.reduce((sum, { values }) => sum + (values[i] ?? 0), 0));
  const peaks = stacked ? sums : series.flatMap(({ values }) => values);
  const top = niceMaximum(Math.max(0, ...peaks));
  const x = (i: number): number =>
    kLeft + (columns < 2 ? 0 : (i * (width - kLeft - kRight)) / (columns - 1));
  const y = (value: number): number =>
    kHeight - kBottom - (value / top) * (kHeight - kTop - kBottom);
  const at = (i: number, value: number): string => `${x(i).toFixed(1)},${y(value).toFixed(1)}`;

  const shapes: SVGElement[] = [];
  let below = times.map(() => 0);
  for (const { mark, values } of series) {
    const upper = values.map((value, i) => value + (stacked ? (below[i] ?? 0) : 0));
    const line = upper.map((value, i) => at(i, value));
    if (stacked) {
      const back = below.map((value, i) => at(i, value)).reverse();
      shapes.push(s('polygon', { class: mark, points: [...line, ...back].join(' ') }));
      below = upper;
    } else {
      shapes.push(s('polyline', { class: mark, points: line.join(' ') }));
    }
  }
  const grid = [0, 0.5, 1].flatMap((part) => [
    s('line', {
      class: 'axis',
      x1: kLeft,
      x2: width - kRight,
      y1: y(top * part),
      y2: y(top * part),
    }),
    s('text', { x: kLeft - 8, y: y(top * part) + 4, 'text-anchor': 'end' }, print(top * part)),
  ]);
  const ticks = columns < 2 ? [] : [0, Math.floor((columns - 1) / 2), columns - 1];
  const labels = ticks.map((i, n) =>
    s(
      'text',
      { x: x(i), y: kHeight - 6, 'text-anchor': ['start', 'middle', 'end'][n] },
      clock(times[i] ?? 0),
    ),
  );
  return s(
    'svg',
    { viewBox: `0 0 ${width} ${kHeight}`, role: 'img', 'aria-label': summary },
    ...grid,
    ...shapes,
    ...labels,
  );
}

/** One bar of parts that add up. */
export function split(parts: { mark: string; value: number }[]): HTMLElement {
  const total = parts.reduce((sum, { value }) => sum + value, 0);
  return h(
    'div',
    { class: 'split', 'aria-hidden': 'true' },
    ...parts.map(({ mark, value }) => {
      const part = h('span', { class: mark });
      // Set by script: the page's policy allows no inline styles in markup.
      part.style.width = total === 0 ? '0' : `${(100 * value) / total}%`;
      part.style.background = 'var(--mark)';
      return part;
    }),
  );
}
