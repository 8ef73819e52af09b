/**
 * consent.ts: the small notice of data-consent="notice" and "ask".
 * CONTRACT  never takes the focus, covers no more than the lower edge, and shifts nothing. Tab reaches it
 *           first; Escape puts it away: of a question, that is no answer, and it is asked again with the
 *           next page. An answer in another tab counts here, too.
 */
import type { Loader } from '../page/skep.js';
import type { Skep } from '../types/skep.js';
import { host, make } from './look/element.js';
import { language } from './look/words.js';

const css = `
:host { position: fixed; inset: auto 0 0 0; z-index: 2147483646; pointer-events: none; }
section {
  pointer-events: auto; max-width: 46rem; max-height: 60vh; overflow: auto; margin: 0 auto;
  padding: 1rem 1.25rem calc(1rem + env(safe-area-inset-bottom)); display: flex; gap: .9rem 1.25rem;
  flex-wrap: wrap; align-items: center; background: var(--paper); color: var(--ink);
  border: 1px solid var(--line); border-bottom: 0; border-radius: 10px 10px 0 0;
  font: 15px/1.45 system-ui, sans-serif; box-shadow: 0 -2px 14px rgb(0 0 0 / .25);
}
p { margin: 0; flex: 1 1 20rem; }
@media (max-width: 30rem) { .row { width: 100%; } button { flex: 1 1 auto; } }
`;

export async function run(loader: Loader, page: Skep): Promise<void> {
  const { choices, data } = loader;
  const { tag, words } = language(loader);
  const asks = data['consent'] === 'ask';
  const [element, root] = host('skep-notice', tag, css);
  const away = (): void => {
    element.remove();
    removeEventListener('storage', look);
    page.removeEventListener('consent', look);
  };
  const answered = (): boolean =>
    choices.has('agreed') || choices.has('declined') || (!asks && choices.has('told'));
  const look = (): void => {
    if (answered()) away();
  };
  const answer = (choice: 'agreed' | 'declined' | 'told'): void => {
    choices.set(choice, 'agreed', 'declined', 'told');
    away();
    loader.changed();
  };
  const details = (): void => void page.panel();
  const buttons = asks
    ? [
        make('button', { class: 'main', onclick: () => answer('agreed') }, words.agree),
        make('button', { class: 'main', onclick: () => answer('declined') }, words.decline),
      ]
    : [
        make('button', { class: 'main', onclick: () => answer('told') }, words.ok),
        make('button', { onclick: () => answer('declined') }, words.decline),
      ];
  const text = make('p', { id: 'text', role: 'status' });
  const section = make(
    'section',
    { role: 'region', 'aria-label': words.label },
    text,
    make('div', { class: 'row' }, ...buttons, make('button', { onclick: details }, words.more)),
  );
  section.addEventListener('keydown', ({ key }) => {
    if (key === 'Escape') asks ? away() : answer('told');
  });
  root.append(section);
  document.body.prepend(element);
  addEventListener('storage', look);
  page.addEventListener('consent', look);
  // A screen reader says what changes, not what is there from the beginning.
  setTimeout(() => (text.textContent = asks ? words.ask : words.notice), 100);
}
