#include "engine/picker.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/limits.hpp"

namespace skep::engine {
namespace {

/// Candidates among the eight pieces of byte `i`, in the bitfields' bit order.
std::uint8_t open_bits(const PickView& view, std::size_t i) {
  return static_cast<std::uint8_t>(view.peer_has.bytes()[i] & ~view.have.bytes()[i] &
                                   ~view.taken.bytes()[i]);
}
bool bit_at(std::uint8_t bits, std::uint32_t piece) { return ((bits >> (7 - piece % 8)) & 1) != 0; }

/// Calls `visit` with each candidate of `run`, in order, until it says stop (true).
template <typename Visit>
void each_open(const PickView& view, PieceRun run, Visit visit) {
  for (std::uint32_t piece = run.first; piece < run.end;) {
    const std::uint8_t bits = open_bits(view, piece / 8);
    const std::uint32_t stop = std::min(run.end, (piece / 8 + 1) * 8);
    if (bits == 0) piece = stop;
    for (; piece < stop; ++piece)
      if (bit_at(bits, piece) && visit(piece)) return;
  }
}

}  // namespace

std::optional<std::uint32_t> pick_rarest(const PickView& view, PieceRun run, std::uint32_t salt) {
  SKEP_ASSERT(run.end <= view.have.size());
  std::uint32_t best = UINT32_MAX;
  std::uint32_t count = 0;
  each_open(view, run, [&](std::uint32_t piece) {
    const std::uint32_t copies = view.availability[piece];
    if (copies < best) count = 0;
    best = std::min(best, copies);
    count += copies == best ? 1 : 0;
    return false;
  });
  std::optional<std::uint32_t> found;
  if (count == 0) return found;
  std::uint32_t skip = salt % count;
  each_open(view, run, [&](std::uint32_t piece) {
    if (view.availability[piece] != best || skip-- > 0) return false;
    found = piece;
    return true;
  });
  return found;
}

std::optional<std::uint32_t> pick_last(const PickView& view, PieceRun run) {
  SKEP_ASSERT(run.end <= view.have.size());
  for (std::uint32_t piece = run.end; piece-- > run.first;)
    if (bit_at(open_bits(view, piece / 8), piece)) return piece;
  return std::nullopt;
}

bool any_needed(const base::Bitfield& peer_has, const base::Bitfield& have, PieceRun run) {
  for (std::uint32_t piece = run.first; piece < run.end;) {
    const auto bits =
        static_cast<std::uint8_t>(peer_has.bytes()[piece / 8] & ~have.bytes()[piece / 8]);
    const std::uint32_t stop = std::min(run.end, (piece / 8 + 1) * 8);
    if (bits == 0) {
      piece = stop;
      continue;
    }
    for (; piece < stop; ++piece)
      if (bit_at(bits, piece)) return true;
  }
  return false;
}

std::uint32_t size_pipeline(std::uint64_t rate_bytes_per_s, std::uint64_t rtt_min_us,
                            std::uint32_t min_blocks, std::uint32_t max_blocks) {
  constexpr std::uint64_t kDelayFloorUs = 100'000;
  constexpr std::uint64_t kDelayCapUs = 300'000;
  const std::uint64_t delay_us = std::clamp(rtt_min_us, kDelayFloorUs, kDelayCapUs);
  const std::uint64_t rate = std::min<std::uint64_t>(rate_bytes_per_s, 1'000'000'000'000);
  const std::uint64_t blocks = 2 * rate * delay_us / 1'000'000 / base::kBlockSize;
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(blocks, min_blocks, std::max(min_blocks, max_blocks)));
}

}  // namespace skep::engine
