// Turns the unpacked art of the demo's package into the demo site.
//
//   node assemble.mjs SITE_DIR ART_DIR OUT_DIR "PACKAGE VERSION"   writes OUT_DIR
//   node assemble.mjs --check OUT_DIR                              at least 40 MB in 200 files?
//
// Deterministic: no clock, no randomness; every listing is sorted by bytes. Runs on Node 18.

import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync,
  copyFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { unitsOf } from './wml-units.mjs';

const MIN_BYTES = 40_000_000;
const MIN_FILES = 200;

// Second and third versions of a portrait, and the plainest animals: the page is better without.
const SKIP_PORTRAIT = new RegExp('zombie-|-[2-6]\\.png$|-alt\\.png$|mace_warrior|/bat|_ant\\.png$'
  + '|icemonax|scorpion-|mudcrawler|stallion|monsters/horse|nightmare|piglet|woodland_boar'
  + '|giant-rat|wolf-(chewing|red)');
const SKIP_SOUND = /-[2-9]\.ogg$|-miss|birds[23]|horn-[4-9]/;
const SKIP_MAP = /_(drought|rain|secondrain|secondsnow|firstsnow|snow)\.map$/;

// One band of the gallery each: a painting, then the people who live there.
const BANDS = [
  ['elves', 'landscape-mountains-04', 'Elves'], ['humans', 'landscape-castle', 'Humans'],
  ['drakes', 'landscape-mountains-03', 'Drakes'], ['dwarves', 'landscape-mountains-01', 'Dwarves'],
  ['merfolk', 'landscape-coast', 'Merfolk'], ['undead', 'swamp-02', 'Undead'],
  ['orcs', 'landscape-battlefield', 'Orcs'], ['goblins', 'landscape-plain', 'Goblins'],
  ['trolls', 'landscape-mountains-05', 'Trolls'], ['woses', 'grim-altar', 'Woses'],
  ['nagas', 'swamp-03', 'Nagas'], ['monsters', 'landscape-hills-01', 'Beasts'],
  ['saurians', 'swamp-01', 'Saurians'], ['wolves', 'landscape-bridge_sun', 'Wolves'],
  ['dunefolk', 'landscape-hills-02', 'Dunefolk'],
];

function walk(dir) {
  const files = [];
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) files.push(...walk(path));
    else if (entry.isFile()) files.push(path);
  }
  return files.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
}

function check(out) {
  const manifest = JSON.parse(readFileSync(join(out, 'assets-manifest.json'), 'utf8'));
  let bytes = 0;
  for (const asset of manifest.assets) {
    const path = join(out, decodeURI(asset.path));
    if (!existsSync(path) || statSync(path).size !== asset.bytes) {
      throw new Error(`${asset.path} is missing or has another size than the manifest says`);
    }
    bytes += asset.bytes;
  }
  const files = manifest.assets.length;
  if (bytes < MIN_BYTES || files < MIN_FILES) {
    throw new Error(`${files} files and ${bytes} bytes of assets: at least ${MIN_FILES} files `
      + `and ${MIN_BYTES} bytes are needed (has the package changed?)`);
  }
  return `demo: ${files} assets, ${(bytes / 1e6).toFixed(1)} MB, in ${out}`;
}

const readable = (file) => basename(file).replace(/\.[a-z]+$/, '').replace(/^\dp_/, '')
  .replace(/^landscape-/, '').replace(/\+female$/, '').replace(/-\d+$/, '')
  .replace(/[-_+]+/g, ' ').replace(/\b[a-z]/g, (c) => c.toUpperCase());

function assemble(siteDir, artDir, out, packageName) {
  const data = join(artDir, 'usr/share/games/wesnoth/1.16/data');
  const core = join(data, 'core');
  const images = join(core, 'images');
  const assets = [];
  mkdirSync(out, { recursive: true });
  cpSync(siteDir, out, { recursive: true });

  const add = (from, to, kind, more) => {
    const target = join(out, 'assets', to);
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(from, target);
    assets.push({ path: encodeURI(`assets/${to}`), bytes: statSync(from).size, kind, ...more });
  };

  const units = walk(join(core, 'units')).filter((f) => f.endsWith('.cfg'))
    .flatMap((f) => unitsOf(readFileSync(f, 'utf8')));
  const unitOf = new Map();
  for (const unit of units) if (!unitOf.has(unit.portrait)) unitOf.set(unit.portrait, unit);

  const catalogue = {};
  BANDS.forEach(([folder, land, band], index) => {
    add(join(images, 'story', `${land}.jpg`), `lands/${land}.jpg`, 'land',
      { name: readable(land), title: band, band });
    if (index === 0) {
      add(join(images, 'maps/titlescreen.png'), 'lands/map.png', 'land',
        { name: 'The Known World', band });
    }
    for (const file of walk(join(images, 'portraits', folder))) {
      if (!file.endsWith('.png') || SKIP_PORTRAIT.test(file)) continue;
      const unit = unitOf.get(`portraits/${relative(join(images, 'portraits'), file)}`);
      const to = `heroes/${folder}/${basename(file)}`;
      add(file, to, 'hero', { name: unit?.name ?? readable(file), band });
      if (unit) {
        const { level, hitpoints, moves, cost, description } = unit;
        catalogue[encodeURI(`assets/${to}`)] = { level, hitpoints, moves, cost, description };
      }
    }
  });

  // The game's table: the largest file, and not needed before somebody plays.
  add(join(images, 'maps/background.jpg'), 'lands/table.jpg', 'land', { name: 'The Oak Table' });

  const sprites = new Set();
  for (const unit of units) {
    const file = join(images, unit.image ?? '');
    if (!unit.image?.endsWith('.png') || sprites.has(unit.image) || !existsSync(file)) continue;
    sprites.add(unit.image);
    add(file, unit.image.replace(/^units\//, 'sprites/'), 'sprite', { name: unit.name });
  }
  for (const file of walk(join(data, 'multiplayer/maps'))) {
    if (!file.endsWith('.map') || SKIP_MAP.test(file)) continue;
    add(file, `maps/${basename(file, '.map')}.txt`, 'map', { name: readable(file) });
  }
  for (const file of walk(join(core, 'sounds'))) {
    if (!file.endsWith('.ogg') || SKIP_SOUND.test(file)) continue;
    add(file, `sounds/${relative(join(core, 'sounds'), file)}`, 'sound', { name: readable(file) });
  }
  const pack = join(out, 'assets/catalogue.json');
  writeFileSync(pack, JSON.stringify(catalogue));
  assets.push({ path: 'assets/catalogue.json', bytes: statSync(pack).size, kind: 'pack',
    name: 'Catalogue' });

  writeFileSync(join(out, 'assets-manifest.json'), `${JSON.stringify({
    title: 'Hall of Heroes',
    bytes: assets.reduce((sum, asset) => sum + asset.bytes, 0),
    assets,
  })}\n`);
  const section = (title, file) => `\n\n==== ${title} ====\n\n${readFileSync(file, 'utf8')}`;
  writeFileSync(join(out, 'CREDITS.txt'),
    `The pictures, sounds, maps and texts under assets/ come from the game The Battle for Wesnoth\n`
    + `(https://www.wesnoth.org), as packaged by Debian: ${packageName}.\n`
    + `They are free: GNU General Public License, version 2 or any later version, and for some\n`
    + `files the licences named below. Files are unchanged, except that maps/*.txt and some pictures\n`
    + `were renamed, and catalogue.json collects names and descriptions of the game's units.`
    + section('Portrait artists', join(images, 'portraits/ARTISTS'))
    + section('Debian copyright file', join(artDir, `usr/share/doc/${packageName.split(' ')[0]}/copyright`)));
  check(out);
}

try {
  const [first, ...rest] = process.argv.slice(2);
  if (first === '--check' && rest.length === 1) console.log(check(rest[0]));
  else if (rest.length === 3) assemble(first, ...rest);
  else throw new Error('usage: see the top of assemble.mjs');
} catch (error) {
  console.error(`demo: ${error.message}`);
  process.exit(1);
}
