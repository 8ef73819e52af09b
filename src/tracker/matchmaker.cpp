#include "tracker/matchmaker.hpp"

#include <algorithm>
#include <array>
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

struct Candidate {
  std::uint32_t index = 0;
  Nearness nearness = Nearness::far;
};
using Found = std::vector<Candidate>;

// Appends the nearest of both kinds until there are `want`; of equally near ones one of each in
// turn, beginning with the first kind. Otherwise in the order in which they were found.
void take_in_turn(std::array<Found, 2>& kinds, std::size_t want, Indices& out) {
  for (Found& kind : kinds)
    std::stable_sort(kind.begin(), kind.end(), [](const Candidate& a, const Candidate& b) {
      return a.nearness > b.nearness;
    });
  std::array<std::size_t, 2> next{};
  std::size_t turn = 0;
  while (out.size() < want) {
    const bool first = next[0] < kinds[0].size();
    const bool second = next[1] < kinds[1].size();
    if (!first && !second) return;
    if (first && second && kinds[0][next[0]].nearness != kinds[1][next[1]].nearness)
      turn = kinds[0][next[0]].nearness > kinds[1][next[1]].nearness ? 0 : 1;
    else if (!(turn == 0 ? first : second))
      turn = 1 - turn;
    out.push_back(kinds[turn][next[turn]++].index);
    turn = 1 - turn;
  }
}

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

Indices choose_candidates(std::span<const Member> members, const Member& asker, std::size_t want,
                          base::Rng& rng) {
  std::array<Found, 2> ours;
  std::array<Found, 2> stock;
  Probes probes(members.size(), rng);
  for (std::size_t looked = 0;; ++looked) {
    // Until either half could fill the list alone, both have had their chance.
    if (looked >= kProbesMin && ours[0].size() >= want && ours[1].size() >= want) break;
    const std::uint32_t index = probes.next();
    if (index == probes.size()) break;
    const Member& member = members[index];
    if (member.peer_id == asker.peer_id || (member.complete && asker.complete)) continue;
    (member.skep ? ours : stock)[member.complete ? 0 : 1].push_back(
        {index, member.network.to(asker.network)});
  }
  Indices out;
  take_in_turn(ours, want, out);
  take_in_turn(stock, want, out);
  return out;
}

}  // namespace skep::tracker
