/// metadata_server.hpp: hands the info dictionary to peers who know only its hash (magnet links).
/// CONTRACT  every request ends in a piece or a reject; nothing is queued, so a peer that does not
///           read gets rejects.
/// SPEC      BEP 9.   LIMITS  base::kLinkSendBufferMax of unsent bytes on each link.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

/// A peer's `ut_metadata` message. Anything but a request is ignored.
void take_metadata(Core& core, const Torrent& torrent, Peer& peer, ByteView payload);

}  // namespace skep::engine
