// Draws a battlefield from its text: a table of terrain codes, columns shifted like hexagons.

const GROUND = [
  [/^W[o]/, '#1d4d78'], [/^W[wr]?f/, '#5aa6c4'], [/^W/, '#2f74a8'], [/^S/, '#5d7350'],
  [/^D/, '#d9c38a'], [/^A/, '#e8eef2'], [/^H/, '#8a7a4b'], [/^M/, '#7d7470'], [/^R/, '#b39a6b'],
  [/^[CK]/, '#a7a29a'], [/^U/, '#4c443f'], [/^Q/, '#241d1b'], [/^X/, '#191512'], [/^I/, '#8d7355'],
  [/^Gs/, '#7f9d4c'], [/^G/, '#5f9243'],
];
const CELL = 6;

const colorOf = (code) => {
  if (/\^V/.test(code)) return '#c8452f';
  if (/\^F/.test(code)) return '#33622f';
  if (/\^X/.test(code)) return '#2a2522';
  return GROUND.find(([pattern]) => pattern.test(code))?.[1] ?? '#2a2522';
};

export function drawMinimap(text) {
  const rows = text.split('\n').filter((line) => line.includes(','))
    .map((line) => line.split(',').map((cell) => cell.trim().replace(/^\S+ /, '')));
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, ...rows.map((row) => row.length)) * CELL;
  canvas.height = rows.length * CELL + CELL / 2;
  const pen = canvas.getContext('2d');
  rows.forEach((row, y) => row.forEach((code, x) => {
    pen.fillStyle = colorOf(code);
    pen.fillRect(x * CELL, y * CELL + (x % 2 ? 0 : CELL / 2), CELL, CELL);
  }));
  return canvas;
}
