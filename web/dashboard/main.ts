/**
 * main.ts: signs in, then shows the server's picture and keeps it fresh.
 * CONTRACT  asks every kEveryMs while the page is seen; not at all while it is hidden.
 */
import { ask, forgetToken, savedToken, saveToken, type Picture } from './api.js';
import { loginForm } from './login.js';
import { View } from './view.js';

const kEveryMs = 5000;
const app = document.getElementById('app') ?? document.body;
/** Grows whenever somebody signs in or out: an older round must not go on. */
let round = 0;

function signOut(): void {
  forgetToken();
  round += 1;
  app.replaceChildren(loginForm(signIn));
}

/** Why it was refused, or null. */
async function signIn(token: string): Promise<string | null> {
  const answer = await ask(token);
  if (answer.t === 'denied') return 'That is not the token.';
  if (answer.t === 'wait') return `Too many attempts. Try again in ${answer.seconds} seconds.`;
  if (answer.t === 'failed') return answer.reason;
  saveToken(token);
  watch(token, answer.picture, true);
  return null;
}

const seen = (): Promise<unknown> =>
  document.visibilityState === 'visible'
    ? Promise.resolve()
    : new Promise((resolve) =>
        document.addEventListener('visibilitychange', resolve, { once: true }),
      );

function watch(token: string, picture: Picture, focus: boolean): void {
  const view = new View(signOut);
  view.show(picture);
  app.replaceChildren(view.element);
  if (focus) view.element.querySelector('main')?.focus();
  const mine = (round += 1);
  const again = async (): Promise<void> => {
    await seen();
    const answer = await ask(token);
    if (mine !== round) return;
    if (answer.t === 'denied') return signOut();
    if (answer.t === 'picture') view.show(answer.picture);
    else view.fail(answer.t === 'failed' ? answer.reason : 'Too many attempts.');
    setTimeout(() => void again(), kEveryMs);
  };
  setTimeout(() => void again(), kEveryMs);
}

const token = savedToken();
if (token === null) {
  signOut();
} else {
  void ask(token).then((answer) => {
    if (answer.t === 'picture') watch(token, answer.picture, false);
    else signOut();
  });
}
