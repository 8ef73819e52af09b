#include "engine/endgame.hpp"

#include <algorithm>

namespace skep::engine {
namespace {

/// A block is late when it was asked for this long ago at least,
constexpr base::Duration kLateMin = base::milliseconds(500);
/// and this many times longer than we would probably need.
constexpr std::int64_t kLateFactor = 2;

}  // namespace

std::vector<BlockRef> pick_endgame(Core& core, const Torrent& t, const Peer& peer,
                                   std::uint32_t depth) {
  std::vector<BlockRef> picked;
  const std::size_t room = depth - peer.in_flight.size();
  const auto mine = base::microseconds(static_cast<std::int64_t>(peer.rtt_us) * kLateFactor);
  const base::Duration late = std::max(kLateMin, mine);
  for (const auto& [link, other] : core.peers.all()) {
    if (link == peer.link || other.torrent != t.id) continue;
    for (const InFlight& f : other.in_flight) {
      if (picked.size() >= room) return picked;
      if (!peer.has.test(f.piece)) continue;
      if (core.now < f.asked_at + late) {
        core.wake_at(f.asked_at + late, WakeReason::request_timeout);
        break;  // its later ones are younger
      }
      const auto a = t.assemblies.find(f.piece);
      SKEP_ASSERT(a != t.assemblies.end());
      if (a->second.blocks[f.block].askers == 1) picked.push_back({f.piece, f.block});
    }
  }
  return picked;
}

void cancel_others(Core& core, Torrent& t, std::uint32_t piece, std::uint32_t block) {
  const std::uint32_t begin = block * base::kBlockSize;
  const std::uint32_t length = std::min(base::kBlockSize, t.piece_size(piece) - begin);
  for (auto& [link, peer] : core.peers.all()) {
    if (peer.torrent != t.id) continue;
    const auto gone = std::erase_if(
        peer.in_flight, [&](const InFlight& f) { return f.piece == piece && f.block == block; });
    if (gone > 0) send(core, peer, wire::Cancel{{piece, begin, length}});
  }
}

}  // namespace skep::engine
