/**
 * causes.ts: the words of docs/diagnostics.md for the causes that a page can find.
 * CONTRACT  ids, texts and advice are those of that page (a test compares them).
 */
export const causes = {
  usable: ['Peers can be used.', ''],
  'insecure-context': [
    'The page is not in a secure context, so browsers offer no service worker.',
    'Serve the site by https (plain http works on localhost only).',
  ],
  'runtime-missing': [
    'A part of the browser runtime is missing.',
    'Serve the whole publication, `.well-known/` too.',
  ],
  'no-service-worker': [
    'This browser has no service workers here.',
    'A private window, perhaps, or a setting of the browser.',
  ],
  'service-worker-missing': [
    'skep-sw.js cannot be fetched.',
    'It must be at the root of the publication.',
  ],
  'service-worker-foreign': [
    'The site has a service worker of its own, which does not import skep-sw.js.',
    "Add `importScripts('skep-sw.js')` to it.",
  ],
  'pointer-missing': [
    'There is no pointer at .well-known/skep/latest.',
    'Publish the site with `skep publish`, and serve `.well-known/` too.',
  ],
  'pointer-malformed': [
    'The pointer is not a Skep pointer.',
    'A server that answers everything with a page does this. Serve the file as it is.',
  ],
  'pointer-forged': [
    "The pointer's signature does not verify.",
    'Something changed the file on its way. Publish again.',
  ],
  'pointer-other-key': [
    'The pointer is signed by another key than the page pins.',
    'Publish with the right key, or change `data-key`.',
  ],
  'pointer-rolled-back': [
    'The pointer is older than one that this browser has seen.',
    'A cache serves an old copy, or an old backup was restored. Publish again.',
  ],
  'pointer-expired': [
    'The pointer has expired.',
    '`skep pointer renew`, or `skep serve --key FILE`, which renews it.',
  ],
  'switched-off': [
    'The publisher has switched Skep off for every visitor.',
    '`skep pointer on` switches it on again.',
  ],
  'torrent-missing': [
    'The .torrent that the pointer names cannot be fetched.',
    'Serve the whole publication, `.well-known/` too.',
  ],
  'torrent-mismatch': ['The .torrent is not the one that the pointer names.', 'Publish again.'],
  'file-mismatch': [
    'The origin serves other bytes than were published.',
    'Something rewrites files (minifier, image proxy). Switch it off, or publish its output.',
  ],
  'label-private': [
    'This path is not shared: only plain HTTP serves it.',
    '`skep publish --explain PATH` says which rule decided.',
  ],
  'tracker-unreachable': [
    'The tracker cannot be reached.',
    'Is `skep serve` running, and does the proxy pass WebSocket upgrades?',
  ],
  'tracker-insecure': [
    'The page is https but the tracker is ws:, which browsers block.',
    'Give the tracker a wss: address.',
  ],
  'tracker-refused': [
    'The tracker does not serve this site.',
    'It must stand beside the publication, or be started with `--allow-key`.',
  ],
  alone: ['The tracker knows no other visitor of this site now.', 'Nothing is wrong.'],
  'no-webrtc': ['This browser has no WebRTC.', 'Its settings, an extension or a policy forbid it.'],
  'webrtc-blocked': [
    'WebRTC is there, but cannot connect, not even to itself.',
    'A setting, an extension or a policy forbids UDP, or there is no network.',
  ],
  'udp-blocked': [
    'No STUN server answered: UDP seems to be blocked.',
    'Open UDP, or add a TURN server over TLS.',
  ],
  'links-failed': ['Other visitors are known, but no connection to them succeeded.', ''],
  'peers-off': ['The page asks for no peers (data-peers="off").', ''],
  'consent-missing': ['The visitor has not agreed yet.', ''],
  'consent-declined': ['The visitor has declined.', ''],
  paused: ['Sharing is paused by the visitor or by the page.', ''],
  metered: ['This is a metered connection: nothing is shared.', ''],
  battery: ['The page is hidden and the device runs on battery.', ''],
  hidden: ['The page is hidden.', ''],
  uninstalled: ['The visitor has uninstalled Skep for this site.', ''],
  starting: ['Skep is still starting.', ''],
  'no-signatures': ['This browser cannot check Ed25519 signatures.', ''],
  'no-wasm': ['WebAssembly is not available.', ''],
  'engine-failed': [
    'The engine stopped because of a bug of ours.',
    'Please report it, with the trace of `skep.trace()`.',
  ],
  'storage-full': ["The browser's storage is full or blocked: nothing is kept.", ''],
  'no-opfs': [
    'This browser gives no private file system: files are kept in Cache Storage.',
    'A private window, perhaps. Nothing is wrong.',
  ],
  offline: ['The browser is offline.', ''],
} as const;

export type Cause = keyof typeof causes;
