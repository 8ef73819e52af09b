// Crowds on virtual time, each judged by the same figures: SKEP_REPORT=1 prints them, SKEP_SEEDS=n
// runs more seeds.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "engine/testing/report.hpp"

namespace skep::engine::testing {
namespace {

using base::Instant;
using base::milliseconds;
using base::seconds;

constexpr std::uint64_t kKB = 1000;
constexpr std::uint64_t kMB = 1'000'000;
constexpr std::uint64_t kMbit = 125'000;
constexpr Instant kLong{900'000'000};

/// What a scenario must keep to; shares in 1/1000, 0: not asked for.
struct Bars {
  std::uint64_t copies = 1200;
  std::uint64_t ratio = 1500;
};

struct Scenario {
  const char* name;
  Bars bars;
  std::function<void(World&, base::Rng&)> set_up;
  base::Duration starved_max = seconds(15);
};

/// A visitor that opens everything as soon as it is there.
int visitor(World& world, NodeOptions options) {
  const Instant joins = options.joins;
  const int index = world.add(std::move(options));
  world.at(joins + milliseconds(50), [&world, index] { world.fetch_all(index); });
  return index;
}

void expect_well(World& world, const Report& report, const Bars& bars) {
  for (const std::string& complaint : world.complaints) ADD_FAILURE() << complaint;
  for (int i = 0; i < static_cast<int>(world.size()); ++i) {
    Node& n = world.node(i);
    if (!n.alive) continue;
    for (const auto& [id, f] : n.fetches)
      EXPECT_TRUE(f.result.has_value()) << n.options.name << " fetch " << id.value;
    const Census c = n.engine->census();
    EXPECT_EQ(c.fetches + c.blocks_in_flight + c.assemblies + c.https, 0U) << n.options.name;
  }
  EXPECT_LE(report.copies, bars.copies > 0 ? bars.copies : UINT64_MAX);
  EXPECT_LE(report.ratio, bars.ratio > 0 ? bars.ratio : UINT64_MAX);
}

Report run_once(const TestSite& site, const Scenario& scenario, std::uint64_t seed) {
  World world(site, seed);
  base::Rng rng(seed);
  scenario.set_up(world, rng);
  Watch watch(world, {.starved_max = scenario.starved_max});
  world.run(kLong, [&] { return world.now().us > 7'000'000 && world.all_done(); });
  const Report report = measure(world, watch, scenario.name, seed);
  expect_well(world, report, scenario.bars);
  if (reports_wanted() || ::testing::Test::HasFailure()) print(report);
  return report;
}

void run_seeds(const TestSite& site, const Scenario& scenario, std::uint64_t usual) {
  for (std::uint64_t seed = 1; seed <= seeds_to_run(usual); ++seed) run_once(site, scenario, seed);
}

// ---------------------------------------------------------------------------------- flash crowd

Scenario flash_crowd() {
  return {"flash crowd of 200", {}, [](World& world, base::Rng& rng) {
            world.origin_rate = 10 * kMbit;
            for (int i = 0; i < 200; ++i)
              visitor(world, {.up_rate = 5 * kMbit,
                              .down_rate = 50 * kMbit,
                              .joins = Instant{static_cast<std::int64_t>(rng.below(5'000'000))}});
          }};
}

TEST(CrowdScenario, FlashCrowdOfTwoHundred) {
  run_seeds(make_site({7 * kMB, 400 * kKB, 400 * kKB, 200 * kKB}), flash_crowd(), 1);
}

TEST(CrowdScenario, Proxy) {
  const Scenario small{"proxy", {}, [](World& world, base::Rng& rng) {
            world.origin_rate = 5 * kMbit;
            for (int i = 0; i < 80; ++i)
              visitor(world, {.up_rate = 5 * kMbit,
                              .down_rate = 50 * kMbit,
                              .joins = Instant{static_cast<std::int64_t>(rng.below(5'000'000))},
                              .tune = [](Config& c) { c.links_max = 10; }});
          }};
  run_seeds(make_site({3 * kMB, 400 * kKB, 400 * kKB, 200 * kKB}), small, 1);
}

}  // namespace
}  // namespace skep::engine::testing
