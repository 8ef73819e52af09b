#include "engine/testing/fluid.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace skep::engine::testing {
namespace {

/// No line of a scenario is faster; more would overflow, and changes nothing.
constexpr std::uint64_t kRateMax = 10'000'000'000;

std::uint64_t time_us(std::uint64_t bytes, std::uint64_t rate) {
  rate = std::min(rate, kRateMax);
  SKEP_ASSERT(rate > 0 && bytes < UINT64_MAX / 1'000'000);
  return (bytes * 1'000'000 + rate - 1) / rate;
}
std::uint64_t span_us(base::Instant from, base::Instant to) {
  return to > from ? static_cast<std::uint64_t>((to - from).us) : 0;
}
std::uint64_t carried(std::uint64_t rate, std::uint64_t us) {
  return std::min(rate, kRateMax) / 1000 * us / 1000;
}

/// Whether by `t` the first copy had time to leave the sources, and all lines together had time for
/// one copy each.
bool enough(const FluidCrowd& crowd, base::Instant first, base::Instant t, std::uint64_t demand) {
  std::uint64_t sum = carried(crowd.sources, span_us(first, t));
  for (const FluidStaller& s : crowd.stallers)
    sum += carried(s.up, span_us(first, std::min(t, s.stalls)));
  if (sum < crowd.bytes) return false;
  for (const FluidVisitor& v : crowd.visitors) {
    if (sum >= demand) return true;
    sum += carried(v.up, span_us(v.arrives, std::min(t, v.leaves)));
  }
  return sum >= demand;
}

}  // namespace

base::Instant fluid_optimum(const FluidCrowd& crowd) {
  base::Instant first = base::kNever;
  base::Instant low{};
  std::uint64_t stay = 0;
  for (const FluidVisitor& v : crowd.visitors) {
    first = std::min(first, v.arrives);
    if (v.leaves != base::kNever) continue;
    ++stay;
    const auto by_line = static_cast<std::int64_t>(time_us(crowd.bytes, v.down));
    low = std::max(low, v.arrives + base::microseconds(by_line));
  }
  SKEP_ASSERT(stay > 0 && crowd.sources > 0);
  std::uint64_t demand = crowd.bytes * stay;
  for (const FluidVisitor& v : crowd.visitors)
    if (v.leaves != base::kNever) demand += v.takes;
  if (enough(crowd, first, low, demand)) return low;
  // The sources alone would need that long: a bound from above.
  const auto alone = static_cast<std::int64_t>(time_us(demand, crowd.sources));
  base::Instant high = std::max(low, first + base::microseconds(alone)) + base::milliseconds(2);
  while ((high - low).us > 1000) {
    const base::Instant middle = low + base::microseconds((high - low).us / 2);
    (enough(crowd, first, middle, demand) ? high : low) = middle;
  }
  return high;
}

}  // namespace skep::engine::testing
