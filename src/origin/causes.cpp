#include "origin/causes.hpp"

#include <array>

#include "base/assert.hpp"

namespace skep::origin {
namespace {

// docs/diagnostics.md has the same words; causes_test compares them.
constexpr auto kCauses = std::to_array<Cause>({
    {"insecure-context",
     "The page is not in a secure context, so browsers offer no service worker.",
     "Serve the site by https (plain http works on localhost only)."},
    {"page-unreachable", "The page cannot be fetched.", ""},
    {"tls-untrusted", "The server's certificate is not accepted.",
     "Browsers refuse it too. Give the server a certificate for this name, with its chain."},
    {"script-missing", "The page has no script tag for skep.js.",
     "Add <script type=\"module\" src=\"/skep.js\"></script>, or publish with --inject."},
    {"script-unreachable", "skep.js cannot be fetched, or is not JavaScript.",
     "Serve the whole publication, with JavaScript media types."},
    {"runtime-missing", "A part of the browser runtime is missing.",
     "Serve the whole publication, .well-known/ too."},
    {"policy-blocked", "The page's Content-Security-Policy forbids what Skep needs.",
     "Allow script-src 'self' 'wasm-unsafe-eval', worker-src 'self', and the tracker in "
     "connect-src."},
    {"service-worker-missing", "skep-sw.js cannot be fetched.",
     "It must be at the root of the publication."},
    {"service-worker-type", "skep-sw.js is not served as JavaScript, so browsers refuse it.",
     "Serve .js as text/javascript."},
    {"service-worker-cached", "skep-sw.js may be cached for long: visitors could keep an old one.",
     "Serve it with Cache-Control: no-cache."},
    {"pointer-missing", "There is no pointer at .well-known/skep/latest.",
     "Publish the site with skep publish, and serve .well-known/ too."},
    {"pointer-malformed", "The pointer is not a Skep pointer.",
     "A server that answers everything with a page does this. Serve the file as it is."},
    {"pointer-forged", "The pointer's signature does not verify.",
     "Something changed the file on its way. Publish again."},
    {"pointer-other-key", "The pointer is signed by another key than the page pins.",
     "Publish with the right key, or change data-key."},
    {"pointer-expired", "The pointer has expired.",
     "skep pointer renew, or skep serve --key FILE, which renews it."},
    {"pointer-expires-soon", "The pointer expires within two days.",
     "skep pointer renew, or skep serve --key FILE, which renews it."},
    {"pointer-cached", "Caches may keep the pointer: visitors would see new versions late.",
     "Serve it with Cache-Control: no-store."},
    {"switched-off", "The publisher has switched Skep off for every visitor.",
     "skep pointer on switches it on again."},
    {"torrent-missing", "The .torrent that the pointer names cannot be fetched.",
     "Serve the whole publication, .well-known/ too."},
    {"torrent-mismatch", "The .torrent is not the one that the pointer names.", "Publish again."},
    {"file-mismatch", "The origin serves other bytes than were published.",
     "Something rewrites files (minifier, image proxy). Switch it off, or publish its output."},
    {"ranges-unsupported", "The origin does not answer range requests.",
     "Large files then come whole or not at all. Switch on Range support."},
    {"label-private", "This path is not shared: only plain HTTP serves it.",
     "skep publish --explain PATH says which rule decided."},
    {"tracker-unreachable", "The tracker cannot be reached.",
     "Is skep serve running, and does the proxy pass WebSocket upgrades?"},
    {"tracker-insecure", "The page is https but the tracker is ws:, which browsers block.",
     "Give the tracker a wss: address."},
    {"tracker-refused", "The tracker does not serve this site.",
     "It must stand beside the publication, or be started with --allow-key."},
    {"alone", "The tracker knows no other visitor of this site now.", "Nothing is wrong."},
    {"no-stun",
     "No STUN server is configured: visitors behind routers meet only within their own network.",
     "skep serve --ice stun:HOST:PORT, or data-ice."},
    {"udp-blocked", "No STUN server answered: UDP seems to be blocked.",
     "Open UDP, or add a TURN server over TLS."},
    {"peers-off", "The page asks for no peers (data-peers=\"off\").", ""},
});

}  // namespace

std::span<const Cause> causes() { return kCauses; }

const Cause& cause(std::string_view id) {
  for (const Cause& known : kCauses)
    if (known.id == id) return known;
  SKEP_UNREACHABLE();
}

}  // namespace skep::origin
