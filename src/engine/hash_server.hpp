/// hash_server.hpp: answers BEP 52 hash requests: piece layers and above from the metainfo, leaves
///                  from pieces that are in memory.
/// CONTRACT  answers or rejects at once; never reads the store for it.
/// SPEC      BEP 52 "hash request", "hashes", "hash reject".
/// LIMITS    wire::kHashesServedMax hashes in an answer; one file's tree is kept per torrent.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

void serve_hashes(Core& core, Torrent& torrent, Peer& peer, const wire::HashRange& range);

/// Tries again what waited for a piece to be read from the store.
void answer_hash_waits(Core& core, Torrent& torrent);

}  // namespace skep::engine
