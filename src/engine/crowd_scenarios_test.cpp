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

/// What a scenario must keep to; shares in 1/1000, 0: not asked for. These are the aims; a scenario
/// that names others is not there yet, and is held to what it reaches.
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

/// A crowd of `n` with these lines, who come within `within`.
void crowd(World& world, base::Rng& rng, int n, std::uint64_t up, std::uint64_t down,
           std::uint64_t within_us) {
  for (int i = 0; i < n; ++i)
    visitor(world, {.up_rate = up,
                    .down_rate = down,
                    .joins = Instant{static_cast<std::int64_t>(rng.below(within_us))}});
}

const TestSite& pack() {  // a game pack and some pictures
  static const TestSite site = make_site({9 * kMB, 400 * kKB, 400 * kKB, 200 * kKB});
  return site;
}

// ---------------------------------------------------------------------------------- flash crowd

TEST(CrowdScenario, FlashCrowdOfTwoHundred) {
  run_seeds(make_site({7 * kMB, 400 * kKB, 400 * kKB, 200 * kKB}),
            {"flash crowd of 200",
             {},
             [](World& world, base::Rng& rng) {
               world.origin_rate = 10 * kMbit;
               crowd(world, rng, 200, 5 * kMbit, 50 * kMbit, 5'000'000);
             }},
            1);
}

// ------------------------------------------------------------------------------- kinds of lines

TEST(CrowdScenario, AsymmetricLines) {
  run_seeds(pack(),
            {"asymmetric lines, 1:10",
             {},
             [](World& world, base::Rng& rng) {
               world.origin_rate = 10 * kMbit;
               crowd(world, rng, 30, 6 * kMbit, 60 * kMbit, 2'000'000);
             }},
            3);
}

TEST(CrowdScenario, SlowAndFastLines) {
  run_seeds(pack(),
            {"slow and fast lines",
             {.ratio = 2700},
             [](World& world, base::Rng& rng) {
               world.origin_rate = 10 * kMbit;
               crowd(world, rng, 10, 20 * kMbit, 100 * kMbit, 2'000'000);
               crowd(world, rng, 10, 4 * kMbit, 16 * kMbit, 2'000'000);
               crowd(world, rng, 10, 1 * kMbit, 8 * kMbit, 2'000'000);
             }},
            3);
}

// --------------------------------------------------------------------------- who leaves or stalls

Scenario churn() {
  return {"half leave", {}, [](World& world, base::Rng& rng) {
            world.origin_rate = 10 * kMbit;
            for (int i = 0; i < 40; ++i) {
              NodeOptions options{.up_rate = 6 * kMbit, .down_rate = 50 * kMbit};
              options.joins = Instant{static_cast<std::int64_t>(rng.below(2'000'000))};
              if (i % 2 == 1)
                options.leaves =
                    Instant{static_cast<std::int64_t>(3'000'000 + rng.below(12'000'000))};
              visitor(world, options);
            }
          }};
}
TEST(CrowdScenario, HalfLeaveAtRandomMoments) { run_seeds(pack(), churn(), 3); }

TEST(CrowdScenario, StallersHoldNobodyUp) {
  run_seeds(pack(),
            {"a quarter stalls",
             {},
             [](World& world, base::Rng& rng) {
               world.origin_rate = 10 * kMbit;
               crowd(world, rng, 30, 6 * kMbit, 50 * kMbit, 2'000'000);
               for (int i = 0; i < 10; ++i)
                 world.add({.up_rate = 6 * kMbit,
                            .seeding = true,
                            .joins = Instant{static_cast<std::int64_t>(rng.below(1'000'000))},
                            .stalls_at = Instant{
                                static_cast<std::int64_t>(1'200'000 + rng.below(9'000'000))}});
             }},
            3);
}

TEST(CrowdScenario, ADeadlineThatNobodyCanMeetDoesNotStormTheOrigin) {
  run_seeds(make_site({16 * kMB}),
            {"hopeless deadline",
             {},
             [](World& world, base::Rng& rng) {
               world.origin_rate = 24 * kMbit;
               world.add({.up_rate = 16 * kMbit, .seeding = true});
               crowd(world, rng, 30, 4 * kMbit, 80 * kMbit, 500'000);
             }},
            3);
}

// ----------------------------------------------------------------------------------- free riders

TEST(CrowdScenario, FreeRidersAreTwiceAsSlowWhenUploadIsScarce) {
  // Every fourth gives what a slow line can, and all together want four times as much as that.
  // Judged over all seeds: who of a few sharers happens to be linked to the others matters much.
  const TestSite site = make_site({6 * kMB});
  std::vector<std::int64_t> sharers;
  std::vector<std::int64_t> riders;
  for (std::uint64_t seed = 1; seed <= seeds_to_run(3); ++seed) {
    World world(site, seed);
    base::Rng rng(seed);
    world.origin_rate = 10 * kMbit;
    for (int i = 0; i < 80; ++i) {
      NodeOptions options{.up_rate = 2 * kMbit, .down_rate = 40 * kMbit};
      options.upload = i % 4 == 0;
      options.joins = Instant{static_cast<std::int64_t>(rng.below(1'000'000))};
      visitor(world, options);
    }
    Watch watch(world, {.starved_max = seconds(30)});
    world.run(kLong, [&] { return world.now().us > 7'000'000 && world.all_done(); });
    const Report report = measure(world, watch, "free riders", seed);
    expect_well(world, report, {.copies = 0});
    if (reports_wanted() || ::testing::Test::HasFailure()) print(report);
    for (int i = 0; i < static_cast<int>(world.size()); ++i)
      for (const auto& [id, f] : world.node(i).fetches)
        (world.node(i).options.upload ? sharers : riders).push_back((f.done - f.asked).us / 1000);
  }
  const std::int64_t shared = percentile(sharers, 50);
  const std::int64_t rode = percentile(riders, 50);
  EXPECT_GE(rode, 2 * shared);
  if (reports_wanted() || ::testing::Test::HasFailure())
    std::printf("free riders: sharers %lld ms, free riders %lld ms (medians)\n",
                static_cast<long long>(shared), static_cast<long long>(rode));
}

// ---------------------------------------------------------------------------------- determinism

TEST(CrowdScenario, TheSameSeedIsTheSameRun) {
  const TestSite small = make_site({2 * kMB, 300 * kKB});
  Scenario scenario = churn();
  scenario.bars = {.copies = 0, .ratio = 0};
  const Report first = run_once(small, scenario, 7);
  const Report second = run_once(small, scenario, 7);
  EXPECT_EQ(first.trace, second.trace);
  EXPECT_EQ(first.last_ms, second.last_ms);
  EXPECT_NE(first.trace, run_once(small, scenario, 8).trace);
}

}  // namespace
}  // namespace skep::engine::testing
