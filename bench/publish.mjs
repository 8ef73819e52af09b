// publish.mjs: 2 GB of files that cannot be compressed: the hashing stage of `skep publish` against
// libtorrent's v2 creator (bench/libtorrent_create.cpp), on one core and on two. Copying, compressing and
// flushing, which libtorrent does not do, are reported apart. Both read from the page cache.
import { execFile } from 'node:child_process';
import { randomFillSync } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root, runSkep, skepBinary, temporaryFolder } from '../tools/stage.mjs';

const run$ = promisify(execFile);
const files = 100;
const fileSize = 20_000_000;
const pieceLength = 65536; // Skep's
const cores = { 1: '0', 2: '0,1' };

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

async function skep(threads, place) {
  rmSync(place.out, { recursive: true, force: true });
  const args = ['publish', place.site, '-o', place.out, '--key', place.key, '--share', '**', '--no-compress', '--json', '-j', String(threads)];
  const { stdout } = await run$('taskset', ['-c', cores[threads], skepBinary, ...args], { maxBuffer: 1 << 26 });
  return JSON.parse(stdout).seconds;
}

async function libtorrent(threads, place) {
  const binary = join(root, 'build/native/libtorrent_create');
  const { stdout } = await run$('taskset', ['-c', cores[threads], binary, place.site, String(pieceLength), String(threads)]);
  const made = JSON.parse(stdout);
  if (made.pieces !== files * Math.ceil(fileSize / pieceLength)) throw new Error(`libtorrent hashed something else: ${stdout}`);
  return { hash: made.seconds };
}

export async function run({ rounds = 5 } = {}) {
  await run$('cmake', ['--build', join(root, 'build/native'), '--target', 'libtorrent_create']);
  const folder = temporaryFolder('bench-publish');
  const place = { site: join(folder.path, 'site'), out: join(folder.path, 'out'), key: join(folder.path, 'key') };
  mkdirSync(place.site);
  const content = Buffer.alloc(fileSize);
  for (let i = 0; i < files; i += 1) writeFileSync(join(place.site, `${i}.bin`), randomFillSync(content));
  await runSkep(['key', 'new', '-o', place.key]);
  const figures = [];
  try {
    for (const threads of [1, 2]) {
      const rows = { skep: [], libtorrent: [] };
      for (let round = 1; round <= rounds; round += 1) {
        rows.skep.push(await skep(threads, place));
        rows.libtorrent.push(await libtorrent(threads, place));
      }
      const stage = (name) => median(rows.skep.map((row) => row[name]));
      const figure = { threads, skep: stage('hash'), libtorrent: median(rows.libtorrent.map((row) => row.hash)), rounds: rows };
      figure.ratio = figure.libtorrent / figure.skep;
      figure.apart = ['copy', 'compress', 'flush'].map((name) => `${name} ${stage(name).toFixed(2)}`).join(', ');
      figures.push(figure);
      console.error(`${threads} thread(s): ${figure.ratio.toFixed(2)} × libtorrent`);
    }
  } finally {
    folder.remove();
  }
  const rate = (seconds) => `${seconds.toFixed(2)} s (${((files * fileSize) / seconds / 1e9).toFixed(2)} GB/s)`;
  console.log(`${files} files of ${fileSize / 1e6} MB, pieces of 64 KiB; medians of ${rounds}`);
  console.log("| cores | skep publish, hashing | libtorrent's v2 creator | ratio | apart, s |\n|---:|---:|---:|---:|---|");
  for (const f of figures) console.log(`| ${f.threads} | ${rate(f.skep)} | ${rate(f.libtorrent)} | ${f.ratio.toFixed(2)} | ${f.apart} |`);
  return figures;
}
