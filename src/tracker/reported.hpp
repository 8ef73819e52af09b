/// reported.hpp: how much of what a peer says about its own traffic is counted.
/// CONTRACT  pure. A peer's first announce only sets where counting begins: its totals may have
///           been counted on an earlier connection. Totals that shrink begin anew.
/// WHY       the origin cannot see what peers give each other; it can only be told. A liar is held
///           to what a fast line could have carried since it last spoke.
/// LIMITS    kReportedRateMax
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.hpp"

namespace skep::tracker {

/// 1 Gbit/s: faster than any visitor's data channel.
inline constexpr std::uint64_t kReportedRateMax = 125'000'000;
/// Time that counts at most: more than any interval between announces, and 2^63 is far away.
inline constexpr base::Duration kReportedTimeMax = base::seconds(600);

/// What a peer's total may add to the swarm's when it was `before` and is `after`, `elapsed` later.
inline std::uint64_t believable_growth(std::uint64_t before, std::uint64_t after,
                                       base::Duration elapsed) {
  if (after <= before || elapsed.us <= 0) return 0;
  const auto us = static_cast<std::uint64_t>(std::min(elapsed.us, kReportedTimeMax.us));
  return std::min(after - before, us * (kReportedRateMax / 1'000'000));
}

}  // namespace skep::tracker
