/// peer_message.hpp: what each message of a peer does.
/// CONTRACT  called for ready peers only, in the order of the stream. Whatever is not allowed now
///           dooms the peer.
/// SPEC      BEP 3, 6, 10, 52.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

/// Handles one message. `peer` may be doomed afterwards, never removed.
void take_message(Core& core, Torrent& torrent, Peer& peer, const wire::Message& message);

/// The first messages after both handshakes: what we have, what we speak, what we claim.
void greet(Core& core, Torrent& torrent, Peer& peer);

}  // namespace skep::engine
