/**
 * element.ts: small parts of the notice and the panel.
 * WHY       a shadow root keeps the site's styles out, and constructed style sheets work under a Content
 *           Security Policy that forbids inline ones.
 */

/** An element with attributes and children; `onclick` and other functions are listeners. */
export function make<T extends keyof HTMLElementTagNameMap>(
  tag: T,
  attributes: { [name: string]: string | (() => void) } = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[T] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'string') element.setAttribute(name, value);
    else element.addEventListener(name.slice(2), value);
  }
  element.append(...children);
  return element;
}

/** A host element with a shadow root; not in the document yet. */
export function host(name: string, lang: string, css: string): [HTMLElement, ShadowRoot] {
  const element = document.createElement(name);
  element.lang = lang;
  const root = element.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(common + css);
  root.adoptedStyleSheets = [sheet];
  return [element, root];
}

/** Contrasts are at least 4.5:1 in both schemes (7:1 for text). */
const common = `
:host {
  all: initial;
  color-scheme: light dark;
  --paper: #ffffff; --ink: #1b1b1f; --soft: #4a4a52; --line: #8a8a94; --accent: #1d4ed8;
  --on-accent: #ffffff; --danger: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :host {
    --paper: #1e1f24; --ink: #f2f2f5; --soft: #c3c3cc; --line: #85858f; --accent: #9db8ff;
    --on-accent: #10131f; --danger: #ffb4ab;
  }
}
* { box-sizing: border-box; }
button {
  font: inherit; padding: .55em 1em; min-height: 44px; border-radius: 6px; cursor: pointer;
  border: 1px solid var(--line); background: transparent; color: var(--ink);
}
button.main { background: var(--accent); border-color: var(--accent); color: var(--on-accent); }
button.danger { color: var(--danger); border-color: var(--danger); }
button:focus-visible, [tabindex]:focus-visible {
  outline: 3px solid var(--accent); outline-offset: 2px;
}
.row { display: flex; flex-wrap: wrap; gap: .6em; }
@media (forced-colors: active) { button { border-color: ButtonText; } }
`;
