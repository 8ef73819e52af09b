/// delivery.hpp: a piece was verified: into the store, to the page, and known to every peer.
/// CONTRACT  the only place that sets `have` for downloaded pieces, and the only one that says
///           StoreWrite, FetchProgress, FileComplete and FetchDone: nothing unverified passes here.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

/// Whether `bytes` are piece `piece` of the torrent, by its Merkle tree.
bool piece_is_good(const Torrent& torrent, std::uint32_t piece, ByteView bytes);

/// A HAVE to every peer that is shown what we have.
void tell_have(Core& core, const Torrent& torrent, std::uint32_t piece);

/// REQUIRES verified bytes of a piece that is not here yet. Source::store: the store has them.
void deliver_piece(Core& core, Torrent& torrent, std::uint32_t piece, Bytes bytes, Source source);

/// Reports how far a fetch has come, and finishes it when nothing is missing (it is removed then).
void report_progress(Core& core, Torrent& torrent, FetchId id);
/// Says FileComplete if the file is whole and that was not said before.
void report_complete(Core& core, Torrent& torrent, FileIndex file);

/// Ends a fetch that cannot be served.
void fail_fetch(Core& core, FetchId id, FetchFailed::Reason reason);
/// All fetches of one file.
void fail_file(Core& core, TorrentId torrent, FileIndex file, FetchFailed::Reason reason);

/// What was stored of this piece is gone or wrong.
void forget_piece(Core& core, Torrent& torrent, std::uint32_t piece);

}  // namespace skep::engine
