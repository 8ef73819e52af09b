// firefox.mjs: visitors in Firefox, driven by WebDriver BiDi, in the shape that stage.mjs gives those in
// Chromium: a page has goto, evaluate, title, textContent, waitForFunction and close.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const web = join(dirname(fileURLToPath(import.meta.url)), '../web/package.json');
const { launch } = createRequire(web)('puppeteer-core');

/** A machine with no internet; WebRTC between processes of one machine; nothing else is changed. */
const preferences = {
  'media.peerconnection.ice.loopback': true,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  // A headless visitor must not be throttled like a hidden tab.
  'dom.min_background_timeout_value': 4,
  'dom.timeout.enable_budget_timer_throttling': false,
};

/** What Firefox says of any page that is left while a service worker streams to it: nobody's fault. */
const left = /^Failed to load ‘’\. A ServiceWorker intercepted/;

/** Where Debian (or another system) keeps Firefox. */
export function firefoxPath() {
  const found = [process.env.SKEP_FIREFOX, '/usr/bin/firefox-esr', '/usr/bin/firefox'].find((path) => path && existsSync(path));
  if (!found) throw new Error('Firefox is not installed (Debian package: firefox-esr)');
  return found;
}

/** Sends a signal to processes; those that have ended meanwhile do not mind. */
export function signalAll(pids, what) {
  for (const pid of pids) {
    try {
      process.kill(pid, what);
    } catch (error) {
      if (error.code !== 'ESRCH') throw error;
    }
  }
}

/** A process (Linux) and all that it started. */
export function family(pid) {
  const children = new Map();
  for (const name of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      children.set(parent, [...(children.get(parent) ?? []), Number(name)]);
    } catch {
      // it ended meanwhile
    }
  }
  const all = [pid];
  for (const one of all) all.push(...(children.get(one) ?? []));
  return all;
}

const shaped = (page) => ({
  goto: (url) => page.goto(url),
  evaluate: (act, given) => page.evaluate(act, given),
  title: () => page.title(),
  textContent: (selector) => page.$eval(selector, (element) => element.textContent),
  waitForFunction: (check) => page.waitForFunction(check),
  close: () => page.close(),
});

/** A Firefox process with that profile. `options`: preferences, which differ from a visitor's own. */
export async function openFirefox({ profile, options = {}, serviceWorkers = true, privately = false }) {
  const browser = await launch({
    browser: 'firefox',
    executablePath: firefoxPath(),
    headless: true,
    timeout: 120_000,
    userDataDir: profile,
    defaultViewport: null,
    extraPrefsFirefox: {
      ...preferences,
      'dom.serviceWorkers.enabled': serviceWorkers,
      'browser.privatebrowsing.autostart': privately,
      ...options,
    },
  });
  const complaints = [];
  const scripts = [];
  const prepare = async (page) => {
    page.on('console', (m) => m.type() === 'error' && complaints.push(`console: ${m.text()} (${m.location().url})`));
    page.on('pageerror', (e) => !left.test(e.message) && complaints.push(`error: ${e.message}`));
    for (const script of scripts) await page.evaluateOnNewDocument(script);
    return shaped(page);
  };
  const [first] = await browser.pages();
  const page = await prepare(first ?? (await browser.newPage()));
  const root = browser.process().pid;
  const signal = (what) => signalAll(family(root), what);
  return {
    page,
    complaints,
    context: {
      newPage: async () => prepare(await browser.newPage()),
      addInitScript: async (script) => {
        scripts.push(script);
        for (const open of await browser.pages()) await open.evaluateOnNewDocument(script);
      },
    },
    // An orderly end takes Firefox ten seconds and more; nobody looks at the profile again.
    close: async () => {
      signal('SIGKILL');
      await browser.close().catch(() => {});
    },
    signal,
  };
}
