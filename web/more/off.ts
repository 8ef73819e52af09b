/**
 * off.ts: the site has switched Skep off: what its signed pointer wants of who has used Skep here.
 * CONTRACT  nothing is believed, and nothing deleted, before the signature is right. The highest seq is
 *           remembered: an older pointer must not switch on again. Files are deleted when that is wanted.
 * SPEC      docs/formats/pointer.md, "Switched off".
 */
import type { Loader } from '../page/skep.js';
import { verifyPointer } from '../pointer.js';
import { removeStored } from '../removal.js';
import { readJson, writeJson } from '../stored.js';

const kForget = 2;

export async function run({ base, data, pointer: file }: Loader): Promise<void> {
  const trust = (await readJson(base, 'trust.json')) as { key: string; seq: number } | null;
  if (!trust || !file) return;
  const known = data['key']?.toLowerCase() || trust.key;
  const least = known === trust.key ? trust.seq : undefined;
  const { key, seq, off } = await verifyPointer(
    file,
    { key: known, seq: least },
    Date.now() / 1000,
  );
  await writeJson(base, 'trust.json', { key, seq });
  if (off === kForget) await removeStored(base, true);
}
