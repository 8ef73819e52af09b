// stage.mjs: what the demo, the end-to-end tests and the benchmarks play on: an origin process and
// visitors in Chromium or Firefox, each with a profile of its own. Ends only what it started.
import { spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { family, openFirefox, signalAll } from './firefox.mjs';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
export const skepBinary = process.env.SKEP_BIN ?? join(root, 'build/native/skep');
const { chromium } = createRequire(join(root, 'web/package.json'))('playwright-core');

// Flags for a machine with no internet and no GPU. Everything WebRTC stays as a visitor has it.
const chromiumFlags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--disable-default-apps',
  // A headless visitor must not be throttled like a hidden tab.
  '--disable-background-timer-throttling',
  '--disable-backgrounding-occluded-windows',
  '--disable-renderer-backgrounding',
];

/** Where Debian (or another system) keeps Chromium. */
export function chromiumPath() {
  const found = [process.env.SKEP_CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
    (path) => path && existsSync(path),
  );
  if (!found) throw new Error('Chromium is not installed (Debian package: chromium)');
  return found;
}

/** A folder below the system's temporary one; call the returned `remove` when done. */
export function temporaryFolder(name) {
  const path = mkdtempSync(join(tmpdir(), `skep-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 5 }) };
}

/** Runs the skep command to its end; resolves with what it printed, rejects when it fails. */
export function runSkep(args, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(skepBinary, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    let out = '';
    let err = '';
    child.stdout.on('data', (d) => (out += d));
    child.stderr.on('data', (d) => (err += d));
    child.on('error', reject);
    child.on('exit', (code) =>
      code === 0 ? resolve(out) : reject(new Error(`skep ${args.join(' ')}: exit ${code}\n${out}${err}`)),
    );
  });
}

/**
 * Starts `skep serve`. Resolves once it answers. Without a `target`: a tracker only.
 * @returns {Promise<{url: string, port: number, pid: number, log: () => object[], stop: () => Promise<void>, kill: () => Promise<void>}>}
 */
export async function startOrigin(target, { port = 0, rate, args = [], folder } = {}) {
  const own = folder ? null : temporaryFolder('origin');
  const logFile = join((own ?? { path: folder }).path, `access-${Date.now()}-${Math.random().toString(16).slice(2)}.log`);
  const child = spawn(
    skepBinary,
    ['serve', ...(target ? [target] : []), '--port', String(port), '--access-log', logFile, ...(rate ? ['--rate', String(rate)] : []), ...args],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let printed = '';
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const url = await new Promise((resolve, reject) => {
    const read = (data) => {
      printed += data;
      const match = printed.match(/https?:\/\/[\w.\[\]:]+:(\d+)\//) ?? printed.match(/https?:\/\/[\w.\[\]]+:(\d+)/);
      if (match) resolve(`http://localhost:${match[1]}/`);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`skep serve ended with ${code}:\n${printed}`)));
  });
  const end = async (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    own?.remove();
  };
  return {
    url,
    port: Number(new URL(url).port),
    pid: child.pid,
    printed: () => printed,
    log: () =>
      existsSync(logFile)
        ? readFileSync(logFile, 'utf8')
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line))
        : [],
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    signal: (name) => child.kill(name),
  };
}

/** The browser of visitors that do not name one. */
export const usualBrowser = process.env.SKEP_BROWSER ?? 'chromium';

/**
 * Opens a visitor: a browser process with a persistent profile of its own. Its page has what stories
 * need of Playwright's: goto, evaluate, title, textContent, waitForFunction, close.
 * @param {{browser?: 'chromium'|'firefox', profile?: string, serviceWorkers?: boolean,
 *          privately?: boolean, flags?: string[], options?: object, name?: string}}
 *        choice  flags: Chromium's; options: Playwright's, or preferences of Firefox
 */
export async function openVisitor({ browser = usualBrowser, profile, name = 'visitor', ...choice } = {}) {
  const own = profile ? null : temporaryFolder(name);
  const open = browser === 'firefox' ? openFirefox : openChromium;
  const visitor = await open({ profile: profile ?? own.path, name, ...choice });
  return {
    ...visitor,
    name,
    browser,
    profile: profile ?? own.path,
    close: async () => {
      await visitor.close();
      own?.remove();
    },
    /** Kills every process of this browser at once, as a power cut would. */
    kill: () => visitor.signal('SIGKILL'),
  };
}

async function openChromium({ profile, flags = [], options = {}, serviceWorkers = true, privately = false }) {
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: chromiumPath(),
    headless: true,
    args: [...chromiumFlags, ...(privately ? ['--incognito'] : []), ...flags],
    viewport: { width: 1280, height: 800 },
    ...(serviceWorkers ? {} : { serviceWorkers: 'block' }),
    ...options,
  });
  const page = context.pages()[0] ?? (await context.newPage());
  const complaints = [];
  const listen = (p) => {
    p.on('console', (m) => {
      if (m.type() === 'error') complaints.push(`console: ${m.text()} (${m.location().url})`);
    });
    p.on('pageerror', (e) => complaints.push(`error: ${e.message}`));
  };
  listen(page);
  context.on('page', listen);
  return {
    context,
    page,
    /** Console errors and uncaught exceptions of every page so far. */
    complaints,
    close: () => context.close().catch(() => {}),
    signal: (what) => signalAll(processesOf(profile).flatMap(family), what),
  };
}

/** Processes (Linux) of the browser that uses this profile: its first one has the path as a flag. */
function processesOf(profile) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'latin1').split('\0').includes(`--user-data-dir=${profile}`);
      } catch {
        return false; // it ended meanwhile
      }
    })
    .map(Number);
}

/** Waits until `check` returns something true; fails with `what` after `timeoutMs`. */
export async function until(what, check, { timeoutMs = 30_000, everyMs = 100 } = {}) {
  const end = Date.now() + timeoutMs;
  for (;;) {
    const value = await check();
    if (value) return value;
    if (Date.now() > end) throw new Error(`still not true after ${timeoutMs} ms: ${what}`);
    await new Promise((r) => setTimeout(r, everyMs));
  }
}

/** Bytes in words: 1.5 MB. */
export function megabytes(bytes) {
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 1)} MB`;
}

/**
 * Starts nginx with Debian's stock configuration (only paths and port changed), serving `folder` at
 * `/` and, when `under` is given, below that path. `locations` are put into its server block.
 */
export async function startNginx(folder, under = '/', { locations = '' } = {}) {
  const own = temporaryFolder('nginx');
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  mkdirSync(join(own.path, 'www', under), { recursive: true });
  rmSync(join(own.path, 'www', under), { recursive: true });
  if (under === '/') symlinkSync(folder, join(own.path, 'www'));
  else symlinkSync(folder, join(own.path, 'www', under.replace(/\/$/, '')));
  const stock = (path) => readFileSync(path, 'utf8');
  writeFileSync(
    join(own.path, 'site.conf'),
    stock('/etc/nginx/sites-available/default')
      .replace(/listen 80 default_server;/, `listen 127.0.0.1:${port} default_server;`)
      .replace(/^\s*listen \[::\].*$/m, '')
      .replace(/root \/var\/www\/html;/, `root ${own.path}/www;\n${locations}`),
  );
  const user = process.getuid() === 0 ? 'user root;' : '';
  writeFileSync(
    join(own.path, 'nginx.conf'),
    stock('/etc/nginx/nginx.conf')
      .replace(/^user .*;$/m, user)
      .replace(/^pid .*;$/m, `pid ${own.path}/nginx.pid;`)
      .replace(/^error_log .*;$/m, `error_log ${own.path}/error.log;`)
      .replace(/access_log \/var\/log\/nginx\/access.log;/, `access_log ${own.path}/access.log;`)
      .replace('include /etc/nginx/sites-enabled/*;', `include ${own.path}/site.conf;`),
  );
  const child = spawn('/usr/sbin/nginx', ['-p', own.path, '-c', join(own.path, 'nginx.conf'), '-g', 'daemon off;'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let printed = '';
  child.stderr.on('data', (d) => (printed += d));
  const ended = new Promise((resolve) => child.on('exit', resolve));
  const url = `http://localhost:${port}${under.endsWith('/') ? under : `${under}/`}`;
  await until(`nginx answers ${printed}`, () => fetch(url).then(() => true, () => false));
  return {
    url,
    log: () => readFileSync(join(own.path, 'access.log'), 'utf8').split('\n').filter(Boolean),
    stop: async () => {
      child.kill('SIGQUIT');
      await ended;
      own.remove();
    },
  };
}
