#include "tracker/matchmaker.hpp"

#include <algorithm>
#include <numeric>

namespace skep::tracker {
namespace {

using Indices = std::vector<std::uint32_t>;

// Up to kProbesMax different indices below `size`, in random order, given out one at a time.
class Probes {
 public:
  Probes(std::size_t size, base::Rng& rng) : size_(size), rng_(rng) {
    if (size > kProbesMax) return;
    all_.resize(size);
    std::iota(all_.begin(), all_.end(), 0u);
  }
  // The next index, or size() when there are no more.
  std::uint32_t next() { return static_cast<std::uint32_t>(all_.empty() ? draw() : shuffled()); }
  std::size_t size() const { return size_; }

 private:
  // Fisher and Yates, one step for each call.
  std::size_t shuffled() {
    if (used_ == all_.size()) return size_;
    const auto step = static_cast<std::size_t>(rng_.below(all_.size() - used_));
    std::swap(all_[used_], all_[used_ + step]);
    return all_[used_++];
  }
  // Large swarms: random draws; seldom the same one twice, which costs a draw.
  std::size_t draw() {
    for (; used_ < kProbesMax && size_ != 0; ++used_) {
      const auto index = static_cast<std::uint32_t>(rng_.below(size_));
      const auto place = std::lower_bound(drawn_.begin(), drawn_.end(), index);
      if (place != drawn_.end() && *place == index) continue;
      drawn_.insert(place, index);
      ++used_;
      return index;
    }
    return size_;
  }

  std::size_t size_;
  base::Rng& rng_;
  Indices all_;    // of a small swarm; shuffled up to used_
  Indices drawn_;  // of a large one; ascending
  std::size_t used_ = 0;
};

}  // namespace

Indices choose_for_offers(std::span<const Member> members, const crypto::PeerId& asker,
                          std::size_t want, base::Rng& rng) {
  Indices out;
  Probes probes(members.size(), rng);
  while (out.size() < want) {
    const std::uint32_t index = probes.next();
    if (index == probes.size()) break;
    if (members[index].peer_id != asker) out.push_back(index);
  }
  return out;
}

Indices choose_candidates(std::span<const Member> members, const crypto::PeerId& asker,
                          bool asker_seeding, std::size_t want, base::Rng& rng) {
  Indices seeding;
  Indices others;
  Probes probes(members.size(), rng);
  // Until either half could fill the list alone, both have had their chance.
  while (seeding.size() < want || others.size() < want) {
    const std::uint32_t index = probes.next();
    if (index == probes.size()) break;
    const Member& member = members[index];
    if (!member.skep || member.peer_id == asker) continue;
    if (member.complete && asker_seeding) continue;
    Indices& kind = member.complete ? seeding : others;
    if (kind.size() < want) kind.push_back(index);
  }
  Indices out;
  for (std::size_t i = 0; out.size() < want && i < std::max(seeding.size(), others.size()); ++i) {
    if (i < seeding.size()) out.push_back(seeding[i]);
    if (i < others.size() && out.size() < want) out.push_back(others[i]);
  }
  return out;
}

}  // namespace skep::tracker
