/// kept_pieces.hpp: pieces of unfinished files that an earlier engine left in the store.
/// CONTRACT  nothing of them is reported, served or counted before it was read back and hashed.
///           What a fetch wants is read first; until the store answers nobody else is asked.
/// WHY       a tab that closes in the middle of a large file must not cost its bytes again.
/// LIMITS    kLoadsMax reads at once.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

void on_pieces_kept(Core& core, const PiecesKept& input);
/// Reads what open fetches want, then the rest.
void prove_kept(Core& core);
/// The store answered for an unproven piece.
void take_kept(Core& core, Torrent& torrent, std::uint32_t piece, ByteView bytes);

}  // namespace skep::engine
