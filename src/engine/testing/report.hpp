/// report.hpp: watches a world while it runs, and says afterwards how well it went.
/// CONTRACT  a Watch is made before World::run() and looks once a virtual second until `until`:
///           tables within their bounds, no wake storm, nobody left without a byte. What it finds
///           goes to World::complaints. measure() computes the Report; print() writes one line of
///           fixed columns.
/// WHY       every scenario is judged by the same figures, against the same yardstick (fluid.hpp).
#pragma once

#include <string>

#include "engine/testing/fluid.hpp"
#include "engine/testing/world.hpp"

namespace skep::engine::testing {

struct WatchRules {
  base::Instant until{3'600'000'000};
  /// Nobody whose fetch is open goes without a verified byte for longer.
  base::Duration starved_max = base::seconds(15);
  /// Wake-ups of one node in one second; 4 looks a second and some timers are regular.
  std::uint64_t wakeups_max = 250;
};

class Watch {
 public:
  Watch(World& world, const WatchRules& rules);

  base::Duration longest_wait;     ///< the longest that somebody went without a byte
  std::uint64_t wakeups_peak = 0;  ///< the most wake-ups of one node in one second
  std::size_t uploads_peak = 0;    ///< the most requests queued at one node

 private:
  void look();
  void look_at(Node& n);

  World& world_;
  WatchRules rules_;
  std::map<int, std::uint64_t> wakeups_;
};

/// Figures of one run. Times in ms since the first visitor came, shares in 1/1000.
struct Report {
  std::string name;
  std::uint64_t seed = 0;
  std::size_t visitors = 0;  ///< who stayed to the end and wanted everything
  std::uint64_t copies = 0;  ///< what the origin sent, in 1/1000 of the site
  std::uint64_t http = 0;    ///< share of all fetched bytes that came by HTTP
  std::uint64_t wasted = 0;  ///< received twice or refused, of all received
  std::int64_t p50_ms = 0;   ///< of fetches: from asked to done
  std::int64_t p99_ms = 0;
  std::int64_t last_ms = 0;     ///< everybody has everything
  std::int64_t optimum_ms = 0;  ///< and could have had it (fluid.hpp)
  std::uint64_t ratio = 0;      ///< of the two
  std::uint64_t longest_wait_ms = 0;
  std::uint64_t wakeups_peak = 0;
  std::uint64_t trace = 0;
};

/// The fluid crowd of this world: everybody who fetched counts as a visitor, everybody who has all
/// from the start and the origin as a source.
FluidCrowd fluid_crowd(World& world, std::uint64_t bytes);
Report measure(World& world, const Watch& watch, std::string name, std::uint64_t seed);
void print(const Report& report);
/// SKEP_REPORT=1: every scenario prints its line; else only one that fails.
bool reports_wanted();
/// How many seeds a scenario runs: `usual`, or SKEP_SEEDS.
std::uint64_t seeds_to_run(std::uint64_t usual);

/// The value below which `percent` of them lie. Sorts. REQUIRES not empty.
std::int64_t percentile(std::vector<std::int64_t>& values, unsigned percent);

}  // namespace skep::engine::testing
