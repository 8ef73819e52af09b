// pointer.mjs: a publisher's key and signed pointers, made with node's own Ed25519, so that ours is
// checked against somebody else's.
import { generateKeyPairSync, sign } from 'node:crypto';

const bytes = (raw) => Buffer.concat([Buffer.from(`${raw.length}:`), raw]);

/** A fresh key: `publicHex` for --allow-key, `pointer(hashes, choice)` for the signed file. */
export function publisher() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(publicKey.export({ format: 'jwk' }).x, 'base64url');
  const nowS = Math.floor(Date.now() / 1000);
  return {
    publicHex: raw.toString('hex'),
    pointer(infoHashes, { seq = nowS, expires = nowS + 3600 } = {}) {
      const value = Buffer.concat([
        Buffer.from(`d3:expi${expires}e2:ihl`),
        ...infoHashes.map(bytes),
        Buffer.from('e1:vi1ee'),
      ]);
      const head = Buffer.from(`3:seqi${seq}e`);
      const signature = sign(null, Buffer.concat([head, Buffer.from('1:v'), value]), privateKey);
      return Buffer.concat([
        Buffer.from('d1:k'),
        bytes(raw),
        head,
        Buffer.from('3:sig'),
        bytes(signature),
        Buffer.from('1:v'),
        value,
        Buffer.from('e'),
      ]);
    },
  };
}
