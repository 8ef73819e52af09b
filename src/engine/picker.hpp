/// picker.hpp: which piece to ask one peer for next.
/// CONTRACT  pure: depends on its view only; no state, no randomness.
/// WHY       rarest first keeps a swarm alive; visitors who start together must not all ask for the
///           same rare piece, so among equals each throws dice of its own.
/// SPEC      docs/formats/engine.md "Order of blocks".
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/bitfield.hpp"

namespace skep::engine {

/// A run of pieces [first, end) of a torrent.
struct PieceRun {
  std::uint32_t first = 0;
  std::uint32_t end = 0;
  bool empty() const { return first >= end; }
  friend bool operator==(const PieceRun&, const PieceRun&) = default;
};

/// All three bitfields and the counts have one entry per piece of the torrent.
struct PickView {
  const base::Bitfield& peer_has;
  const base::Bitfield& have;   ///< ours
  const base::Bitfield& taken;  ///< nothing left to ask for: requested elsewhere
  std::span<const std::uint16_t> availability;
};

/// The rarest piece of `run` that the peer has and we still need; among n equals the one numbered
/// `salt` modulo n in file order: 0 is the first. Nothing when there is none.
/// REQUIRES run inside the torrent.
std::optional<std::uint32_t> pick_rarest(const PickView& view, PieceRun run, std::uint32_t salt);

/// The last piece of `run` that the peer has and we still need: what HTTP would reach last.
std::optional<std::uint32_t> pick_last(const PickView& view, PieceRun run);

/// Whether the peer has anything in `run` that we lack (taken or not): are we interested?
bool any_needed(const base::Bitfield& peer_has, const base::Bitfield& have, PieceRun run);

/// Blocks to keep in flight to a peer: twice the bandwidth-delay product, so that a rate that is
/// limited by us doubles with each round trip. The delay counts as 100 ms at least: a browser
/// sends in bursts of up to a megabyte. More than 300 ms is no distance but a queue.
std::uint32_t size_pipeline(std::uint64_t rate_bytes_per_s, std::uint64_t rtt_min_us,
                            std::uint32_t min_blocks, std::uint32_t max_blocks);

}  // namespace skep::engine
