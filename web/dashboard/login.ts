/**
 * login.ts: asks for the token.
 */
import { h } from './dom.js';

/** The form; `submit` gets what was typed and answers why it was not accepted, or null. */
export function loginForm(submit: (token: string) => Promise<string | null>): HTMLElement {
  const alert = h('p', { class: 'alert', role: 'alert', id: 'why' });
  const input = h('input', {
    id: 'token',
    type: 'password',
    autocomplete: 'current-password',
    required: true,
    spellcheck: 'false',
    'aria-describedby': 'hint',
  });
  const button = h('button', { class: 'primary', type: 'submit' }, 'Sign in');
  const form = h(
    'form',
    { class: 'card login' },
    h('h1', {}, 'Skep admin'),
    alert,
    h('label', { for: 'token' }, 'Token'),
    input,
    h(
      'p',
      { class: 'note', id: 'hint' },
      'The server prints it when it starts, or reads it from the file of --admin-token-file.',
    ),
    button,
  );
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    button.disabled = true;
    void submit(input.value.trim()).then((why) => {
      button.disabled = false;
      if (why === null) return;
      alert.textContent = why;
      input.setAttribute('aria-invalid', 'true');
      input.select();
      input.focus();
    });
  });
  queueMicrotask(() => input.focus());
  return h('main', { id: 'main' }, form);
}
