/// endgame.hpp: nothing is left to ask for, but others are slow: ask twice, cancel the loser.
/// CONTRACT  picks only blocks that exactly one other peer owes for longer than it should.
/// SPEC      BEP 3 "endgame mode"; docs/formats/engine.md "Order of blocks".
#pragma once

#include <vector>

#include "engine/core.hpp"

namespace skep::engine {

struct BlockRef {
  std::uint32_t piece = 0;
  std::uint32_t block = 0;
};

/// Blocks to ask `peer` for although somebody else was asked, up to its pipeline's depth.
std::vector<BlockRef> pick_endgame(Core& core, const Torrent& torrent, const Peer& peer,
                                   std::uint32_t depth);

/// The block came from somebody: the others need not send it.
void cancel_others(Core& core, Torrent& torrent, std::uint32_t piece, std::uint32_t block);

}  // namespace skep::engine
