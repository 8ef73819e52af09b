/// availability.hpp: how many connected peers have each piece of a torrent.
/// CONTRACT  counts follow the bitfields that were added; remove() what was add()ed, bit by bit.
/// LIMITS    as many peers as links: fits 16 bits.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/assert.hpp"
#include "base/bitfield.hpp"

namespace skep::engine {

class Availability {
 public:
  Availability() = default;
  explicit Availability(std::size_t pieces) : counts_(pieces, 0) {}

  std::uint16_t of(std::uint32_t piece) const {
    SKEP_ASSERT(piece < counts_.size());
    return counts_[piece];
  }
  std::span<const std::uint16_t> counts() const { return counts_; }

  void add(std::uint32_t piece) {
    SKEP_ASSERT(piece < counts_.size() && counts_[piece] < UINT16_MAX);
    ++counts_[piece];
  }
  void add(const base::Bitfield& has) {
    for (std::uint32_t i = 0; i < has.size(); ++i)
      if (has.test(i)) add(i);
  }
  void remove(std::uint32_t piece) {
    SKEP_ASSERT(piece < counts_.size() && counts_[piece] > 0);
    --counts_[piece];
  }
  void remove(const base::Bitfield& has) {
    for (std::uint32_t i = 0; i < has.size(); ++i) {
      if (!has.test(i)) continue;
      SKEP_ASSERT(counts_[i] > 0);
      --counts_[i];
    }
  }

 private:
  std::vector<std::uint16_t> counts_;
};

}  // namespace skep::engine
