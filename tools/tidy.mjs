// tidy.mjs: the house rules that a machine can check. Prints every breach and exits 1 if there is one.
//   node tools/tidy.mjs
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';

const breaches = [];
const breach = (file, line, text) => breaches.push(`${file}${line ? `:${line}` : ''}: ${text}`);
const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  .toString()
  .split('\0')
  .filter((f) => f && existsSync(f));
const read = (file) => readFileSync(file, 'utf8');

// Which folders a folder may include from, itself apart. Kept beside the floors in CMakeLists.txt.
const mayInclude = {
  base: [],
  codec: ['base'],
  crypto: ['base'],
  torrent: ['base', 'codec', 'crypto'],
  site: ['base', 'codec', 'crypto', 'torrent'],
  wire: ['base', 'codec', 'crypto', 'torrent'],
  engine: ['base', 'codec', 'crypto', 'torrent', 'site', 'wire'],
  tracker: ['base', 'codec', 'crypto', 'torrent', 'wire'],
  abi: ['base', 'codec', 'crypto', 'torrent', 'site', 'wire', 'engine'],
  net: ['base', 'codec', 'crypto'],
  origin: ['base', 'codec', 'crypto', 'torrent', 'site', 'wire', 'tracker', 'net'],
  host: ['base', 'codec', 'crypto', 'torrent', 'wire', 'engine', 'net'],
  app: ['base', 'codec', 'crypto', 'torrent', 'site', 'wire', 'engine', 'tracker', 'abi', 'net', 'origin', 'host'],
};
const portable = ['base', 'codec', 'crypto', 'torrent', 'site', 'wire', 'engine', 'tracker', 'abi'];

// Names that a portable floor must not use: another host would behave differently.
const bannedPortable = [
  [/\bunordered_(map|set|multimap|multiset)\b/, 'iteration order differs between libraries'],
  [/\b(std::)?random_device\b|\bstd::(mt19937|uniform_|shuffle)\b/, 'randomness comes from base::Rng'],
  [/\bstd::chrono\b|\bgettimeofday\b|\bclock_gettime\b|\btime\(nullptr\)/, 'time is an argument'],
  [/\bthrow\b|\btry\s*\{|\bdynamic_cast\b|\btypeid\b/, 'no exceptions and no RTTI here'],
  [/#include <(iostream|fstream|sstream|thread|mutex|atomic|format|regex|filesystem|unordered_map|unordered_set|unistd\.h|sys\/[a-z]+\.h)>/, 'no such header on a portable floor'],
  [/\b(float|double)\b/, 'no floating point in decisions'],
  [/<boost\/|<openssl\//, 'third parties live above floor 4'],
];
// Each third party has its home folders.
const thirdParty = [
  [/<boost\//, ['net', 'origin', 'host', 'app']],
  [/<openssl\//, ['net', 'origin']],
  [/<simdjson/, ['origin']],
  [/<nlohmann\//, ['origin', 'app']],
  [/<toml\+\+/, ['origin']],
  [/<spdlog\//, ['net', 'origin', 'app']],
  [/<CLI\//, ['app']],
  [/<libtorrent\//, []],
];
const badFileNames = /(^|_|-)(utils?|helpers?|common|manager|impl|misc)(_|-|\.|$)/;
const lineCap = 500; // a file that owns everything is how projects in this field went wrong

const stripped = (text) =>
  text
    .replace(/\/\*[\s\S]*?\*\//g, (m) => m.replace(/[^\n]/g, ' '))
    .replace(/\/\/.*$/gm, '')
    .replace(/"(\\.|[^"\\\n])*"/g, '""');

for (const file of files.filter((f) => /^src\/.*\.(cpp|hpp)$/.test(f))) {
  const folder = file.split('/')[1];
  const isTest = /_(test|fuzz|bench)\.cpp$|\/testing\//.test(file);
  const text = read(file);
  const code = stripped(text);
  const lines = text.split('\n');
  if (!(folder in mayInclude)) breach(file, 0, `folder ${folder} is on no floor (tools/tidy.mjs, CMakeLists.txt)`);
  if (file.endsWith('.hpp')) {
    if (!text.startsWith('///')) breach(file, 1, 'a header opens with what it is and its contract (///)');
    if (!/^#pragma once$/m.test(text)) breach(file, 1, 'missing #pragma once');
    const torn = lines.findIndex((l, i) => i > 0 && /^\/\/\/ [a-z]/.test(l) && /^\/\/\/ [A-Z]{3,} |^\/\/\/ {6}/.test(lines[i - 1]));
    if (torn > 0 && lines.slice(0, torn).every((l) => l.startsWith('///')))
      breach(file, torn + 1, 'the formatter tore this comment: it was over 100 columns');
  }
  const isRig = file.includes('/testing/');
  if ((!isTest || isRig) && lines.length > lineCap) breach(file, lineCap, `${lines.length} lines; the cap is ${lineCap}`);
  lines.forEach((line, i) => {
    if ([...line].length > 100 && !/https?:\/\/|"[^"]{60,}"/.test(line)) breach(file, i + 1, 'over 100 columns');
    const include = line.match(/^#include "([a-z]+)\/[^"]+"/);
    if (include && include[1] !== folder && !(mayInclude[folder] ?? []).includes(include[1]))
      breach(file, i + 1, `${folder}/ may not include ${include[1]}/`);
    if (/^#include "[^/"]+"/.test(line)) breach(file, i + 1, 'include by folder: "folder/file.hpp"');
    for (const [pattern, homes] of thirdParty)
      if (pattern.test(line) && !isTest && !homes.includes(folder)) breach(file, i + 1, `not the home of ${line.trim()}`);
    if (/\bFIXME\b/.test(line)) breach(file, i + 1, 'FIXME');
  });
  if (portable.includes(folder) && !isTest)
    code.split('\n').forEach((line, i) => {
      const native = /defined\(__wasm__\)|__x86_64__/.test(line);
      for (const [pattern, why] of bannedPortable)
        if (!native && pattern.test(line)) breach(file, i + 1, `${line.trim().slice(0, 60)}: ${why}`);
    });
}

for (const file of files) {
  if (/^(src|web|tools|demo|tests|bench)\//.test(file) && badFileNames.test(basename(file)))
    breach(file, 0, 'a name that says nothing (util, helper, common, manager, impl)');
  if (/\.ts$/.test(file)) {
    if (!/^[a-z0-9-]+(\.test|\.d)?\.ts$/.test(basename(file))) breach(file, 0, 'TypeScript files are kebab-case');
    const lines = read(file).split('\n');
    if (!file.includes('.test.') && lines.length > lineCap) breach(file, lineCap, `${lines.length} lines; the cap is ${lineCap}`);
    lines.forEach((line, i) => {
      if (/\bas any\b|: any\b|@ts-ignore/.test(line)) breach(file, i + 1, 'no any, no ts-ignore');
    });
  }
}

// Every fuzz target has a corpus, every corpus a target.
const targets = files.filter((f) => /_fuzz\.cpp$/.test(f)).map((f) => basename(f, '.cpp'));
for (const target of targets)
  if (!existsSync(`tests/corpus/${target}`)) breach(`tests/corpus/${target}`, 0, 'a fuzz target without a corpus');
if (existsSync('tests/corpus'))
  for (const folder of readdirSync('tests/corpus'))
    if (!targets.includes(folder)) breach(`tests/corpus/${folder}`, 0, 'a corpus without a fuzz target');

// A module that decodes other people's bytes has a fuzz target in its folder that reaches it.
for (const header of files.filter((f) => /^src\/.*\.hpp$/.test(f) && /\bResult<[^;]*\b(decode|parse)(_[a-z_]+)?\(/.test(read(f)))) {
  const folder = dirname(header);
  const reached = files.some((f) => /_fuzz\.cpp$/.test(f) && (dirname(f) === folder || read(f).includes(header.slice(4))));
  if (!reached && !header.includes('/base/')) breach(header, 0, 'decodes bytes, but no fuzz target of its folder exists');
}

// Web realms keep apart: only web/engine knows the ABI, and nothing imports up into another realm.
const realmMayImport = {
  engine: [],
  page: ['engine'],
  worker: ['engine'],
  sw: [],
};
for (const file of files.filter((f) => /^web\/(engine|page|worker|sw)\/.*\.ts$/.test(f) && !/\.test\.ts$/.test(f))) {
  const realm = file.split('/')[1];
  for (const match of read(file).matchAll(/from '\.\.\/(engine|page|worker|sw)\/([^']+)'/g))
    if (match[1] !== realm && !realmMayImport[realm].includes(match[1])) breach(file, 0, `web/${realm} may not import web/${match[1]}`);
}

if (breaches.length > 0) {
  console.error(breaches.join('\n'));
  console.error(`${breaches.length} breach${breaches.length === 1 ? '' : 'es'} of the house rules`);
  process.exit(1);
}
console.error(`house rules hold in ${files.length} files`);
