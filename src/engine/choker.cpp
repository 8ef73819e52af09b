#include "engine/choker.hpp"

#include <algorithm>
#include <tuple>
#include "base/sort.hpp"

namespace skep::engine {
namespace {

/// Higher is better. Who holds a slot keeps it against an equal.
auto worth(const ChokeView& p, const ChokeRules& rules) {
  const bool stays = !rules.regular && p.unchoked;
  return std::tuple(p.interested, stays, rules.we_need ? p.gives : p.takes, p.unchoked);
}

/// A newcomer if there is one, else anybody who is interested and left out.
base::LinkId pick_optimistic(const std::vector<ChokeView>& left, base::Rng& rng) {
  for (const bool newcomer : {true, false}) {
    const auto fits = [&](const ChokeView& p) { return p.interested && p.newcomer == newcomer; };
    const auto count = std::count_if(left.begin(), left.end(), fits);
    if (count == 0) continue;
    std::uint64_t skip = rng.below(static_cast<std::uint64_t>(count));
    for (const ChokeView& p : left)
      if (fits(p) && skip-- == 0) return p.link;
  }
  return {};
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
    const auto x = worth(a, rules);
    const auto y = worth(b, rules);
    return x != y ? x > y : a.link < b.link;
  });
  // Slots that nobody interested wants go to others: their first request is answered sooner.
  const std::size_t regular = std::min<std::size_t>(rules.slots, left.size());
  for (std::size_t i = 0; i < regular; ++i) plan.unchoked.push_back(left[i].link);
  left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(regular));

  if (plan.optimistic == base::LinkId{}) {
    plan.optimistic = pick_optimistic(left, rng);
    if (plan.optimistic != base::LinkId{}) plan.unchoked.push_back(plan.optimistic);
  }
  base::sort(plan.unchoked);
  return plan;
}

}  // namespace skep::engine
