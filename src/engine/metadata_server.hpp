/// metadata_server.hpp: hands the info dictionary to peers who know only its hash (magnet links).
/// CONTRACT  every request ends in a piece or a reject; a reject while we may not upload.
/// SPEC      BEP 9.   LIMITS  over the life of a link twice the dictionary and a piece: once, and
///           once more what was lost. Who does not read is cut off as for other messages
///           (check_links).
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

/// A peer's `ut_metadata` message. Anything but a request is ignored.
void take_metadata(Core& core, const Torrent& torrent, Peer& peer, ByteView payload);

}  // namespace skep::engine
