/** hex.ts: bytes as lower-case hexadecimal digits, and as the binary strings of WebTorrent's JSON. */

export const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');

/** Pairs of hex digits → bytes. */
export const fromHex = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => parseInt(pair, 16));

/** Hex digits → one character U+0000–U+00FF per byte. */
export const hexToBinary = (text: string): string =>
  text.replace(/../g, (pair) => String.fromCharCode(parseInt(pair, 16)));

/** The reverse; null unless every character is at most U+00FF and there are `size` of them. */
export function binaryToHex(text: unknown, size: number): string | null {
  if (typeof text !== 'string' || text.length !== size) return null;
  let hex = '';
  for (let i = 0; i < size; i += 1) {
    const code = text.charCodeAt(i);
    if (code > 255) return null;
    hex += code.toString(16).padStart(2, '0');
  }
  return hex;
}

export const randomHex = (size: number): string =>
  toHex(crypto.getRandomValues(new Uint8Array(size)));
