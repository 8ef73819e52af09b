/**
 * panel.ts: skep.panel(): says in plain words what is shared and received, and lets the visitor stop it.
 * CONTRACT  a modal dialog of the browser's own kind: it takes the focus and gives it back, Escape closes
 *           it. One at a time. Resolves when it is closed.
 */
import type { Loader } from '../page/skep.js';
import { filesCache, siteFolder } from '../place.js';
import { host, make } from './look/element.js';
import { bytes, language, type Word } from './look/words.js';

const css = `
dialog {
  width: min(34rem, calc(100vw - 1.5rem)); max-height: calc(100dvh - 1.5rem); padding: 1.25rem 1.5rem;
  overflow: auto; border: 1px solid var(--line); border-radius: 12px; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
}
dialog::backdrop { background: rgb(0 0 0 / .5); }
h2:focus { outline: none; }
h2 { margin: 0 0 .5rem; font-size: 1.25rem; line-height: 1.3; }
p { margin: .6rem 0; }
small, .soft { color: var(--soft); font-size: .875rem; }
dl { display: grid; grid-template-columns: 1fr auto; gap: .45rem 1rem; margin: .9rem 0 .3rem; }
dt, dd { margin: 0; }
dt { padding-inline-start: 1.2em; text-indent: -1.2em; }
dd { text-align: end; font-variant-numeric: tabular-nums; font-weight: 600; }
dt::before {
  content: ""; display: inline-block; width: .7em; height: .7em; margin-inline-end: .5em;
  border-radius: 2px; background: var(--swatch, transparent);
}
.bar { display: flex; gap: 2px; height: 12px; margin: .9rem 0; border-radius: 6px; overflow: hidden;
  background: color-mix(in srgb, var(--line) 35%, transparent); }
.bar i { flex: 0 0 auto; min-width: 0; background: var(--swatch); }
.origin { --swatch: #b45309; } .peer { --swatch: #15803d; } .store { --swatch: #1d4ed8; }
@media (prefers-color-scheme: dark) {
  .origin { --swatch: #f0a35e; } .peer { --swatch: #6ccf8e; } .store { --swatch: #9db8ff; }
}
.row { margin-top: 1rem; }
@media (max-width: 30rem) { dialog { padding: 1rem; } button { flex: 1 1 100%; } }
`;

const kSources = ['origin', 'peer', 'store'] as const;
let open: Promise<void> | null = null;

/** Bytes of the files that this site keeps for sharing. */
async function keptBytes(base: string): Promise<number> {
  let sum = 0;
  try {
    const folder = await siteFolder(base).catch(() => null);
    if (!folder) {
      const cache = await caches.open(filesCache(base));
      for (const response of await cache.matchAll()) sum += (await response.blob()).size;
      return sum;
    }
    const files = await folder.getDirectoryHandle('files');
    for await (const handle of files.values()) {
      if (handle.kind === 'file') sum += (await (handle as FileSystemFileHandle).getFile()).size;
    }
  } catch {
    // Nothing is kept.
  }
  return sum;
}

/** The state in a sentence. */
function sentence({ decision }: Loader): Word {
  if (skep.state.mode === 'off') return 'off';
  const { why, usePeers, upload } = decision ?? { why: '', usePeers: true, upload: true };
  if (why !== '') return why;
  if (!usePeers) return 'off';
  return upload ? 'on' : 'taking';
}

function show(loader: Loader): Promise<void> {
  const { tag, words } = language(loader);
  const { choices } = loader;
  const [element, root] = host('skep-panel', tag, css);
  const value = new Map<string, HTMLElement>();
  const row = (name: Word): Node[] => {
    const dd = make('dd', {}, '…');
    value.set(name, dd);
    return [make('dt', { class: name }, words[name]), dd];
  };
  const state = make('p', { role: 'status' });
  let outcome: Word | null = null; // of the removal: stays until the visitor goes on
  const bar = make('div', { class: 'bar', 'aria-hidden': 'true' });
  const parts = kSources.map((name) => make('i', { class: name }));
  bar.append(...parts);
  const rows = (['origin', 'peer', 'store', 'given', 'peers', 'kept'] as const).flatMap(row);
  const toggle = make('button', { class: 'main', onclick: () => pauseOrGoOn() });
  const remove = make('button', { class: 'danger', onclick: () => ask() }, words.remove);
  const close = make('button', { onclick: (): void => dialog.close() }, words.close);
  const save = make('button', { onclick: () => void download() }, words.save);
  const recording = loader.trace === undefined ? [] : [save];
  const buttons = make('div', { class: 'row' }, toggle, remove, ...recording, close);
  const title = make('h2', { id: 'title', tabindex: '-1', autofocus: '' }, words.title);
  const dialog = make(
    'dialog',
    { 'aria-labelledby': 'title' },
    title,
    state,
    bar,
    make('dl', {}, ...rows),
    make('small', {}, words.since),
    make('p', { class: 'soft' }, words.what),
    buttons,
  );
  const stopped = (): boolean =>
    ['paused', 'declined', 'uninstalled'].some((c) => choices.has(c as 'paused'));

  function pauseOrGoOn(): void {
    outcome = null;
    if (!stopped()) skep.pause();
    else {
      if (choices.has('declined')) choices.set('agreed', 'declined');
      skep.resume();
    }
    update();
  }
  function ask(): void {
    const back = (): void => {
      question.replaceWith(buttons);
      remove.focus();
    };
    const really = (): void => {
      question.remove();
      skep.uninstall({ forGood: true }).then(
        () => tell('removed'),
        () => tell('failed'),
      );
    };
    const cancel = make('button', { onclick: back }, words.back);
    const question = make(
      'div',
      { role: 'group', 'aria-labelledby': 'sure' },
      make('p', { id: 'sure' }, words.sure),
      make(
        'div',
        { class: 'row' },
        make('button', { class: 'danger', onclick: really }, words.really),
        cancel,
      ),
    );
    buttons.replaceWith(question);
    cancel.focus();
  }
  async function download(): Promise<void> {
    const file = await skep.trace();
    if (!file) return;
    const href = URL.createObjectURL(file);
    make('a', { href, download: 'skep.trace' }).click();
    setTimeout(() => URL.revokeObjectURL(href), 60_000);
  }
  function tell(word: Word): void {
    dialog.append(buttons);
    outcome = word;
    update();
    if (word === 'removed') remove.hidden = true;
    close.focus();
  }
  function update(): void {
    const stats = skep.stats();
    const received = kSources.reduce((sum, name) => sum + stats.bytes[name], 0);
    kSources.forEach((name, i) => {
      value.get(name)!.textContent = bytes(stats.bytes[name], tag);
      parts[i]!.style.width = received ? `${(100 * stats.bytes[name]) / received}%` : '0';
    });
    value.get('given')!.textContent = bytes(stats.uploaded, tag);
    value.get('peers')!.textContent = stats.peers.length.toLocaleString(tag);
    void keptBytes(loader.base).then((sum) => (value.get('kept')!.textContent = bytes(sum, tag)));
    const text = words[outcome ?? sentence(loader)];
    if (state.textContent !== text) state.textContent = text; // said again only when it changes
    toggle.textContent = choices.has('uninstalled')
      ? words.again
      : stopped()
        ? words.resume
        : words.pause;
  }

  root.append(dialog);
  document.body.append(element);
  const events = ['stats', 'state', 'policy'] as const;
  for (const event of events) skep.addEventListener(event as 'stats', update);
  addEventListener('storage', update);
  update();
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      for (const event of events) skep.removeEventListener(event as 'stats', update);
      removeEventListener('storage', update);
      element.remove();
      resolve();
    });
  });
}

export function run(loader: Loader): Promise<void> {
  open ??= show(loader).finally(() => (open = null));
  return open;
}
