import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readRepoFile } from '../engine/test-files.js';
import type { Options } from '../messages.js';
import { causes } from '../more/look/causes.js';
import { bytes, language, type Words } from '../more/look/words.js';
import { Allowance } from '../more/allowance.js';
import { Choices } from '../page/choice.js';
import { readOptions } from '../page/options.js';
import { type Circumstances, decide, kHiddenMs } from '../page/policy.js';

const desktop: Circumstances = {
  saveData: false,
  type: undefined,
  effectiveType: '4g',
  charging: true,
  mobile: false,
  hiddenMs: 0,
  agreed: false,
  declined: false,
  paused: false,
  allowance: 0,
};
const phone: Circumstances = { ...desktop, mobile: true, type: 'wifi', charging: false };
const iphone: Circumstances = {
  ...desktop,
  mobile: true,
  saveData: undefined,
  effectiveType: undefined,
  charging: undefined,
};
const options = (data: { [name: string]: string } = {}): Options => readOptions(data);

/** peers, upload, prefetch: + yes, - no; then why. */
function verdict(now: Circumstances, data: { [name: string]: string } = {}): string {
  const { usePeers, upload, prefetch, why } = decide(options(data), now);
  const sign = (yes: boolean): string => (yes ? '+' : '-');
  return `${sign(usePeers)}${sign(upload)}${sign(prefetch)} ${why}`.trim();
}

test('policy: who gives, who takes, who waits', () => {
  const seconds = 1000;
  const table: [string, Circumstances, string, { [name: string]: string }?][] = [
    ['a desktop computer', desktop, '+++'],
    ['a desktop that says nothing of power', { ...desktop, charging: undefined }, '+++'],
    ['a laptop on battery, seen', { ...desktop, charging: false }, '+++'],
    ['plugged in and hidden', { ...desktop, hiddenMs: 999 * seconds }, '+++'],
    ['on battery, just hidden', { ...desktop, charging: false, hiddenMs: 1 }, '+-- battery'],
    [
      'on battery, hidden for long',
      { ...desktop, charging: false, hiddenMs: kHiddenMs },
      '--- battery',
    ],
    ['a phone on Wi-Fi, seen', phone, '+++'],
    ['a phone on Wi-Fi, in the pocket', { ...phone, hiddenMs: kHiddenMs }, '--- battery'],
    [
      'a phone that charges over night on Wi-Fi',
      { ...phone, charging: true, hiddenMs: kHiddenMs },
      '+++',
    ],
    ['a phone on a mobile network', { ...phone, type: 'cellular' }, '+-- metered'],
    [
      'a phone on a mobile network, charging, hidden for long',
      { ...phone, type: 'cellular', charging: true, hiddenMs: kHiddenMs },
      '--- metered',
    ],
    ['a phone that says nothing', iphone, '+-- metered'],
    ['a phone that says "unknown"', { ...iphone, type: 'unknown' }, '+-- metered'],
    ['a phone by cable', { ...iphone, type: 'ethernet' }, '+++'],
    ['a phone that says nothing, in the pocket', { ...iphone, hiddenMs: kHiddenMs }, '--- metered'],
    ['a computer behind a phone', { ...desktop, type: 'bluetooth' }, '+-- metered'],
    ['data saver', { ...desktop, saveData: true }, '+-- metered'],
    ['a very slow network', { ...desktop, effectiveType: 'slow-2g' }, '+-- metered'],
    ['a 3g-like network', { ...desktop, effectiveType: '3g' }, '+++'],
    ['data-peers=off', desktop, '--+ peers-off', { peers: 'off' }],
    ['data-upload=off', desktop, '+-+', { upload: 'off' }],
    ['ask, no answer yet', desktop, '--+ consent-missing', { consent: 'ask' }],
    ['ask, agreed', { ...desktop, agreed: true }, '+++', { consent: 'ask' }],
    ['ask, declined', { ...desktop, declined: true }, '--+ consent-declined', { consent: 'ask' }],
    ['notice, no answer', desktop, '+++', { consent: 'notice' }],
    [
      'notice, declined',
      { ...desktop, declined: true },
      '--+ consent-declined',
      { consent: 'notice' },
    ],
    [
      'declined, and then the site asks no more',
      { ...desktop, declined: true },
      '--+ consent-declined',
    ],
    ['paused', { ...desktop, paused: true }, '--+ paused'],
    [
      'paused outweighs agreed',
      { ...desktop, agreed: true, paused: true },
      '--+ paused',
      { consent: 'ask' },
    ],
    ['an attribute that makes no sense asks for nothing', desktop, '+++', { consent: 'perhaps' }],
  ];
  for (const [what, now, expected, data] of table) assert.equal(verdict(now, data), expected, what);
});

test('policy: no combination gives on a metered connection, or without the consent that is asked for', () => {
  const bools = [true, false, undefined];
  for (const consent of ['off', 'notice', 'ask'])
    for (const saveData of bools)
      for (const type of [undefined, 'wifi', 'cellular', 'ethernet', 'unknown'])
        for (const charging of bools)
          for (const mobile of [true, false])
            for (const hiddenMs of [0, 1, kHiddenMs])
              for (const agreed of [true, false])
                for (const declined of [true, false])
                  for (const paused of [true, false]) {
                    const now = {
                      ...desktop,
                      saveData,
                      type,
                      charging,
                      mobile,
                      hiddenMs,
                      agreed,
                      declined,
                      paused,
                    };
                    const { usePeers, upload, why } = decide(options({ consent }), now);
                    const text = JSON.stringify({ consent, ...now });
                    if (upload) assert.ok(usePeers && why === '', text);
                    if (saveData || type === 'cellular') assert.ok(!upload, text);
                    if (mobile && (type === undefined || type === 'unknown'))
                      assert.ok(!upload, text);
                    if (declined || paused || (consent === 'ask' && !agreed))
                      assert.ok(!usePeers, text);
                    if (!usePeers) assert.notEqual(why, '', text);
                  }
});

test('choices: words in localStorage, by site; in memory where that is forbidden', () => {
  const kept = new Map<string, string>();
  const storage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const world = globalThis as { localStorage?: unknown };
  world.localStorage = storage;
  const one = new Choices('https://a/one/');
  const two = new Choices('https://a/two/');
  one.set('agreed', 'declined');
  one.set('paused');
  one.set('paused');
  assert.deepEqual([...kept], [['skep %2Fone%2F', 'agreed paused']]);
  assert.ok(one.has('agreed') && !two.has('agreed'));
  one.set('declined', 'agreed');
  assert.ok(one.has('declined') && one.has('paused') && !one.has('agreed'));
  one.set(null, 'paused', 'declined');
  assert.equal(kept.size, 0);
  Object.defineProperty(globalThis, 'localStorage', {
    configurable: true,
    get: () => {
      throw new Error('forbidden');
    },
  });
  two.set('paused');
  assert.ok(two.has('paused'));
  delete world.localStorage;
});

test('words: every language says everything; sites can say it their way', () => {
  const world = globalThis as unknown as { document: unknown; navigator: unknown };
  const navigator = { languages: ['pt-BR', 'fr-CA', 'de'] };
  Object.defineProperty(globalThis, 'navigator', { configurable: true, value: navigator });
  world.document = { documentElement: { lang: '' } };
  const of = (data: { [name: string]: string }): { tag: string; words: Words } =>
    language({ data });
  assert.equal(of({}).tag, 'fr-CA', 'the first language that we have');
  assert.equal(of({ lang: 'es' }).words.ok, 'Aceptar');
  assert.equal(of({ lang: 'xx' }).tag, 'fr-CA');
  const own = of({
    lang: 'en',
    textAgree: 'Sure',
    textConsentMissing: 'Not yet',
    textNothing: 'x',
    text: '',
  });
  assert.equal(own.words.agree, 'Sure');
  assert.equal(own.words['consent-missing'], 'Not yet');
  const english = of({ lang: 'en' }).words;
  for (const lang of ['de', 'fr', 'es']) {
    const { words } = of({ lang });
    assert.deepEqual(Object.keys(words).sort(), Object.keys(english).sort());
    for (const text of Object.values(words)) assert.ok(text.length > 0);
  }
  assert.equal(bytes(0, 'en'), '0 byte');
  assert.equal(bytes(1_500_000, 'en'), '1.5 MB');
  assert.equal(bytes(1_500_000, 'de'), '1,5 MB');
  assert.equal(bytes(250e9, 'en'), '250 GB');
});

test('the words of skep.diagnose() are those of docs/diagnostics.md', () => {
  const page = new TextDecoder().decode(readRepoFile('docs/diagnostics.md'));
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| *D? *\| *(B?) *\| (.*?) *\| *(.*?) *\|$/gm)];
  const documented = new Map(
    rows
      .filter(([, , inBrowser]) => inBrowser)
      .map(([, id, , text, advice]) => [id!, [text, advice]]),
  );
  assert.ok(documented.size > 30);
  assert.deepEqual(Object.keys(causes).sort(), [...documented.keys()].sort());
  for (const [id, words] of Object.entries(causes))
    assert.deepEqual([...words], documented.get(id), id);
});

test('allowance: what is left of a day, over pages, reloads and midnight', () => {
  const kept = new Map<string, string>();
  (globalThis as { localStorage?: unknown }).localStorage = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
  };
  const realNow = Date.now;
  let now = Date.UTC(2030, 0, 1, 23, 59);
  Date.now = () => now;
  try {
    const first = new Allowance('https://a/');
    first.begin();
    assert.equal(first.left(1000), 1000);
    first.note(300);
    first.note(400); // the engine's own total
    const second = new Allowance('https://a/');
    second.begin();
    assert.equal(second.left(1000), 600);
    second.note(700);
    const third = new Allowance('https://a/');
    third.begin();
    assert.equal(third.left(1000), 0);
    assert.equal(new Allowance('https://b/').left(1000), 1000);
    now += 120_000; // midnight passes, the page stays open
    second.note(700);
    assert.equal(second.left(1000), 1700, 'what it had given by then was yesterday');
    second.note(900);
    const fourth = new Allowance('https://a/');
    fourth.begin();
    assert.equal(fourth.left(1000), 800);
    kept.set('skep %2F given', 'nonsense');
    fourth.begin();
    assert.equal(fourth.left(1000), 1000);
  } finally {
    Date.now = realNow;
    delete (globalThis as { localStorage?: unknown }).localStorage;
  }
  const capped = options({ uploadTotal: '1000', uploadRatio: '1.5' });
  const left = decide(capped, { ...desktop, allowance: 600 });
  assert.deepEqual([left.upload, left.uploadTotalMax, left.uploadRatioPercent], [true, 600, 150]);
  assert.equal(decide(capped, { ...desktop, allowance: 0 }).upload, false);
  assert.equal(decide(options(), { ...desktop, allowance: 0 }).uploadTotalMax, 0);
});
