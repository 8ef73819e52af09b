/// requests.hpp: asking peers for blocks, and taking what they send.
/// CONTRACT  a block is open, asked (of one peer; of two in the endgame) or here; what a peer owes
///           is in its in_flight list, and the two always agree (asserted).
/// SPEC      BEP 3 request/piece/cancel, BEP 6 reject; docs/formats/engine.md "Order of blocks".
/// LIMITS    Config::pipeline_max_blocks for each peer, kAskersMax for a block.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

/// Peers asked for the same block at once.
inline constexpr std::uint8_t kAskersMax = 2;

/// Says Interested or NotInterested when that changed.
void update_interest(Core& core, Torrent& torrent, Peer& peer);
/// Keeps the peer's pipeline full with what is wanted most.
void fill_requests(Core& core, Torrent& torrent, Peer& peer);
/// One or several whole blocks arrived; a complete piece goes to the verifier.
void take_blocks(Core& core, Torrent& torrent, Peer& peer, const wire::Piece& piece);
/// The peer will not send this block.
void take_reject(Core& core, Torrent& torrent, Peer& peer, const wire::BlockRange& block);
/// Gives back everything asked of this peer; `cancel`: and tells it.
void release_requests(Core& core, Torrent& torrent, Peer& peer, bool cancel);
/// Nobody needs to deliver this piece any more: cancels what is asked, drops what came.
void abandon_piece(Core& core, Torrent& torrent, std::uint32_t piece);
/// One peer will not deliver what it was asked for of one piece.
void release_piece(Torrent& torrent, Peer& peer, std::uint32_t piece);
/// Abandons every piece in `run` that no open fetch covers.
void abandon_unwanted(Core& core, Torrent& torrent, PieceRun run);
/// Moves the requests of a peer that stopped delivering. Asks to be woken for the next check.
void check_stall(Core& core, Torrent& torrent, Peer& peer);

}  // namespace skep::engine
