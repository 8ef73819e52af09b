/// fluid.hpp: how soon a crowd could have everything, if bytes were a fluid.
/// CONTRACT  pure, integers only. A lower bound for every scheme, not a prediction: sources send at
///           full rate from the moment they exist, and nobody waits for a message.
/// WHY       "fast" needs a yardstick that depends on the given rates alone.
/// SPEC      Kumar and Ross, "Peer-assisted file distribution: the minimum distribution time":
///           with F bytes, sources u_s, visitors u_i and d_i, who are all there at time 0,
///           T = max(F / u_s, F / d_min, N F / (u_s + sum u_i)).
///           Here with times of arrival a_i and of leaving l_i: T is the earliest moment at which
///             each who stays had time for F by its own line:        T >= a_i + F / d_i
///             the first copy had time to leave the sources:         u_s (T - a_first) >= F
///             all lines together had time for one F each:
///               u_s (T - a_first) + sum u_i (min(T, l_i) - a_i)  >=  N F + what leavers took
///           (who leaves is a source while it is there, and was given what it took with it). A
///           source that stalls at s gives u (min(T, s) - a_first) to both sums and nothing more.
#pragma once

#include <cstdint>
#include <vector>

#include "base/time.hpp"

namespace skep::engine::testing {

struct FluidVisitor {
  std::uint64_t up = 0;    ///< bytes/s
  std::uint64_t down = 0;  ///< bytes/s
  base::Instant arrives;
  base::Instant leaves = base::kNever;  ///< never: it wants everything
  std::uint64_t takes = 0;              ///< what it wants, when it leaves: as much as it got
};

/// A source that falls silent.
struct FluidStaller {
  std::uint64_t up = 0;  ///< bytes/s
  base::Instant stalls;
};

struct FluidCrowd {
  std::uint64_t bytes = 0;    ///< F, what each wants
  std::uint64_t sources = 0;  ///< u_s: the origin and all who have everything and stay, bytes/s
  std::vector<FluidVisitor> visitors;
  std::vector<FluidStaller> stallers{};
};

/// The earliest moment at which everybody who stays can have everything.
/// REQUIRES sources > 0 and somebody who stays.
base::Instant fluid_optimum(const FluidCrowd& crowd);

}  // namespace skep::engine::testing
