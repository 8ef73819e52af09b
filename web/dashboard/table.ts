/**
 * table.ts: tables that a screen reader can walk and a phone can show.
 */
import { h } from './dom.js';

export interface Column {
  title: string;
  number?: boolean;
  path?: boolean;
}

/** `rows`: one text or element for each column. */
export function table(
  caption: string,
  columns: Column[],
  rows: (string | HTMLElement)[][],
): HTMLElement {
  const kind = ({ number, path }: Column): string | undefined =>
    number ? 'number' : path ? 'path' : undefined;
  const head = h(
    'tr',
    {},
    ...columns.map((column) => h('th', { scope: 'col', class: kind(column) }, column.title)),
  );
  const body = rows.map((row) =>
    h(
      'tr',
      {},
      ...row.map((cell, i) => h('td', { class: kind(columns[i] ?? { title: '' }) }, cell)),
    ),
  );
  const element = h(
    'table',
    {},
    h('caption', {}, caption),
    h('thead', {}, head),
    h('tbody', {}, ...body),
  );
  // What scrolls must be reachable by keyboard.
  return h('div', { class: 'scroll', role: 'region', 'aria-label': caption, tabindex: 0 }, element);
}

/** The same numbers as a chart, for who wants to read them. */
export const asTable = (content: HTMLElement): HTMLElement =>
  h('details', {}, h('summary', {}, 'Show as a table'), content);
