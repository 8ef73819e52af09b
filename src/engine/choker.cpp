#include "engine/choker.hpp"

#include <algorithm>
#include "base/sort.hpp"

namespace skep::engine {
namespace {

/// Wants a slot, and gives nothing for it.
bool rides(const ChokeView& p) { return p.interested && p.gave == 0 && !p.useful; }

/// Higher is better. Who holds a slot keeps it against an equal, between rounds against its
/// betters.
std::uint64_t worth(const ChokeView& p, const ChokeRules& rules) {
  std::uint64_t key = p.interested ? 1 : 0;
  key = key << 1 | std::uint64_t{!rides(p)};
  key = key << 1 | std::uint64_t{!rules.regular && p.unchoked};
  key = key << 1 | std::uint64_t{p.gave > 0};
  key = key << 1 | std::uint64_t{p.gave == 0 && p.useful};
  return key << 59 | std::min(rules.we_need ? p.gave : p.takes, (std::uint64_t{1} << 58) - 1) << 1 |
         std::uint64_t{p.unchoked};
}

/// Of those who are interested and left out: a newcomer, else who could give and did not yet, else
/// who gave, else anybody; by chance among equals.
base::LinkId pick_optimistic(const std::vector<ChokeView>& left, base::Rng& rng) {
  std::uint64_t best = 0;
  base::LinkId link;
  for (const ChokeView& p : left) {
    const std::uint64_t rank = p.newcomer ? 3 : p.gave > 0 ? 1 : p.useful ? 2 : 0;
    const std::uint64_t chance = (rank << 62 | rng.next() >> 2) + 1;
    if (!p.interested || chance <= best) continue;
    best = chance;
    link = p.link;
  }
  return link;
}

}  // namespace

ChokePlan choose_unchoked(std::span<const ChokeView> peers, const ChokeRules& rules,
                          base::Rng& rng) {
  ChokePlan plan;
  if (!rules.upload) return plan;
  std::vector<ChokeView> left(peers.begin(), peers.end());

  const auto holder = std::find_if(left.begin(), left.end(), [](const ChokeView& p) {
    return p.optimistic && p.unchoked && p.interested;
  });
  if (holder != left.end() && !rules.rotate_optimistic) {
    plan.optimistic = holder->link;
    plan.unchoked.push_back(holder->link);
    left.erase(holder);
  }
  base::sort(left, [&](const ChokeView& a, const ChokeView& b) {
    const std::uint64_t x = worth(a, rules);
    const std::uint64_t y = worth(b, rules);
    return x != y ? x > y : a.link < b.link;
  });
  // Slots that nobody interested wants go to others: their first request is answered sooner.
  std::size_t regular = 0;
  while (regular < std::min<std::size_t>(rules.slots, left.size()) &&
         (rides(left[0]) || !rides(left[regular])))
    plan.unchoked.push_back(left[regular++].link);
  left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(regular));

  if (plan.optimistic == base::LinkId{}) {
    plan.optimistic = pick_optimistic(left, rng);
    if (plan.optimistic != base::LinkId{}) plan.unchoked.push_back(plan.optimistic);
  }
  base::sort(plan.unchoked);
  return plan;
}

}  // namespace skep::engine
