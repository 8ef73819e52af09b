/// uploads.hpp: serving blocks: whom, in which order, from memory or by a load from the store.
/// CONTRACT  only verified pieces are sent. A piece kept from an earlier engine is hashed once
///           before it is served; what fails is forgotten. Every request ends in a block, a Reject
///           (when the peer speaks BEP 6) or the peer's Cancel.
/// SPEC      BEP 3 request/cancel, BEP 6 reject.
/// LIMITS    base::kPeerRequestsQueuedMax for each peer, base::kLinkSendBufferMax of unsent bytes
///           on each link, kLoadsMax reads, the rate cap.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

/// Payload that policy still lets us send.
std::uint64_t upload_left(const Core& core);
/// A peer asks for a block: queued, or rejected.
void take_request(Core& core, Torrent& torrent, Peer& peer, const wire::BlockRange& block);
void take_cancel(Core& core, Peer& peer, const wire::BlockRange& block);
/// Refuses everything queued: the peer was choked, or the pieces are gone.
void reject_uploads(Core& core, Peer& peer);
/// The same for one piece, with all peers.
void reject_piece(Core& core, Torrent& torrent, std::uint32_t piece);
void on_piece_loaded(Core& core, const PieceLoaded& input);
/// Sends what links have room and tokens for. Asks to be woken when tokens are short.
void pump_uploads(Core& core);

}  // namespace skep::engine
