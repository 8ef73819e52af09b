// What one visitor sees on virtual time: deadlines, priorities, idling, tabs that close, caps.
#include <gtest/gtest.h>

#include <algorithm>

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

void expect_clean(World& world) {
  for (const std::string& complaint : world.complaints) ADD_FAILURE() << complaint;
}

// ------------------------------------------------------------------------ urgent, peers or not

/// Fetch times of urgent fetches among visitors who also load large files.
std::int64_t urgent_p99(std::uint64_t seed, bool use_peers, const TestSite& site) {
  World world(site, seed);
  world.origin_rate = 100 * kMbit;
  base::Rng rng(seed);
  Watch watch(world, {});
  const auto small = static_cast<std::uint32_t>(site.files.size() - 2);
  std::vector<std::pair<int, FetchId>> urgent;
  for (int i = 0; i < 12; ++i) {
    const Instant joins{static_cast<std::int64_t>(rng.below(4'000'000))};
    const int node = world.add(
        {.up_rate = 10 * kMbit, .down_rate = 50 * kMbit, .joins = joins, .use_peers = use_peers});
    world.at(joins + milliseconds(50), [&world, node] {
      world.fetch(node, FileIndex{0});
      world.fetch(node, FileIndex{1});
    });
    for (std::uint32_t n = 0; n < small; ++n) {
      const auto later = static_cast<std::int64_t>(100'000 + rng.below(6'000'000));
      world.at(joins + base::microseconds(later), [&world, &urgent, node, n] {
        urgent.emplace_back(node, world.fetch(node, FileIndex{2 + n}, Urgency::urgent));
      });
    }
  }
  world.run(kLong, [&] { return world.now().us > 11'000'000 && world.all_done(); });
  expect_clean(world);
  std::vector<std::int64_t> took;
  for (const auto& [node, id] : urgent) {
    const FetchState& f = world.node(node).fetches.at(id);
    EXPECT_TRUE(f.result.has_value());
    took.push_back((f.done - f.asked).us / 1000);
  }
  return percentile(took, 99);
}

TEST(VisitorScenario, UrgentFetchesAreAsQuickAsWithoutPeers) {
  std::vector<std::uint64_t> sizes{6 * kMB, 3 * kMB};
  for (std::uint64_t n = 0; n < 10; ++n) sizes.push_back(20 * kKB + n * 30 * kKB);
  const TestSite site = make_site(sizes);
  for (std::uint64_t seed = 1; seed <= seeds_to_run(2); ++seed) {
    const std::int64_t with_peers = urgent_p99(seed, true, site);
    const std::int64_t without = urgent_p99(seed, false, site);
    if (reports_wanted())
      std::printf("urgent fetches, seed %llu: p99 %lld ms with peers, %lld ms without\n",
                  static_cast<unsigned long long>(seed), static_cast<long long>(with_peers),
                  static_cast<long long>(without));
    EXPECT_LE(with_peers * 10, without * 11) << "seed " << seed;
  }
}

// ------------------------------------------------------------------------------------- hedging

TEST(VisitorScenario, HedgingMeetsEveryDeadlineWithLittleFromTheOrigin) {
  // A film in parts of a megabyte, each with its deadline; peers stall, leave and come.
  const TestSite site = make_site(std::vector<std::uint64_t>(24, 1 * kMB));
  for (std::uint64_t seed = 1; seed <= seeds_to_run(3); ++seed) {
    World world(site, seed);
    world.origin_rate = 20 * kMbit;
    base::Rng rng(seed);
    Watch watch(world, {});
    for (int i = 0; i < 4; ++i) {
      const auto trouble = Instant{static_cast<std::int64_t>(6'000'000 + rng.below(20'000'000))};
      NodeOptions peer{.up_rate = 4 * kMbit + rng.below(2 * kMbit), .seeding = true};
      if (i % 4 == 1) peer.stalls_at = trouble;
      if (i % 4 == 2) peer.leaves = trouble;
      if (i % 4 == 3) peer.joins = trouble;
      world.add(peer);
    }
    const int viewer = world.add({.down_rate = 50 * kMbit, .joins = Instant{1'000'000}});
    for (std::uint32_t part = 0; part < 24; ++part)
      world.at(Instant{3'000'000 + part * 1'000'000}, [&world, viewer, part] {
        world.fetch(viewer, FileIndex{part}, 0, kMB, Urgency::normal, seconds(5));
      });
    world.run(kLong, [&] { return world.now().us > 27'000'000 && world.all_done(); });
    expect_clean(world);
    int misses = 0;
    std::uint64_t from_http = 0;
    for (const auto& [id, f] : world.node(viewer).fetches) {
      ASSERT_TRUE(f.result.has_value());
      misses += f.done > f.deadline ? 1 : 0;
      from_http += f.result->from_http;
    }
    if (reports_wanted())
      std::printf("hedging, seed %llu: %d deadlines missed, %.1f %% from the origin\n",
                  static_cast<unsigned long long>(seed), misses,
                  static_cast<double>(from_http) * 100 / static_cast<double>(site.total));
    EXPECT_EQ(misses, 0) << "seed " << seed;
    EXPECT_LT(from_http * 5, site.total) << "seed " << seed;
  }
}

// -------------------------------------------------------------------------------- what comes first

TEST(VisitorScenario, WhatIsLookedAtComesFirstThenWhatWasAskedForThenPrefetch) {
  // One line is all there is: the order in which files end is the order of their importance,
  // whatever the order in which they were asked for.
  const TestSite site = make_site(std::vector<std::uint64_t>(12, 400 * kKB));
  for (const bool peers : {true, false}) {
    World world(site, 3);
    world.origin_rate = 4 * kMbit;
    if (peers) world.add({.up_rate = 4 * kMbit, .seeding = true});
    if (peers) world.fault = [](const HttpGet&, int) { return HttpFault{.status = 503}; };
    const int visitor =
        world.add({.joins = Instant{500'000}, .tune = [](Config& c) { c.http_parallel_max = 2; }});
    const Urgency order[] = {Urgency::prefetch, Urgency::normal, Urgency::visible};
    for (std::uint32_t f = 0; f < 12; ++f)
      world.at(Instant{2'000'000 + f * 1000},
               [&world, visitor, f, &order] { world.fetch(visitor, FileIndex{f}, order[f / 4]); });
    world.run(kLong, [&] { return world.now().us > 3'000'000 && world.all_done(); });
    expect_clean(world);
    std::map<Urgency, Instant> last;
    for (const auto& [id, f] : world.node(visitor).fetches) {
      ASSERT_TRUE(f.result.has_value()) << id.value;
      last[f.urgency] = std::max(last[f.urgency], f.done);
    }
    EXPECT_LT(last[Urgency::visible], last[Urgency::normal]) << peers;
    EXPECT_LT(last[Urgency::normal], last[Urgency::prefetch]) << peers;
    // Only what was under way when a more important one was asked for may end before it.
    int overtook = 0;
    for (const auto& [id, f] : world.node(visitor).fetches) {
      overtook += f.urgency == Urgency::normal && f.done < last[Urgency::visible] ? 1 : 0;
      overtook += f.urgency == Urgency::prefetch && f.done < last[Urgency::normal] ? 1 : 0;
    }
    EXPECT_LE(overtook, 2) << peers;
  }
}

// ------------------------------------------------------------------------- one seeder, three more

TEST(VisitorScenario, ThreeTakeWhatOneSeedsFromPeersEvenWhereTheOriginIsQuicker) {
  // The deadline is a promise, not a race: peers who keep it are preferred.
  const TestSite site = make_site({50 * kMB});
  for (std::uint64_t seed = 1; seed <= seeds_to_run(3); ++seed) {
    World world(site, seed);
    world.origin_rate = 800 * kMbit;
    world.origin_latency = milliseconds(1);
    world.add({.name = "seeder", .up_rate = 200 * kMbit, .seeding = true});
    for (int i = 0; i < 3; ++i) {
      const Instant joins{500'000 + i * 20'000};
      const int leecher = world.add({.up_rate = 200 * kMbit, .joins = joins});
      world.at(joins + milliseconds(50), [&world, leecher] { world.fetch_all(leecher); });
    }
    world.run(kLong, [&] { return world.now().us > 1'000'000 && world.all_done(); });
    expect_clean(world);
    std::uint64_t from_http = 0;
    for (int i = 1; i < 4; ++i)
      for (const auto& [id, f] : world.node(i).fetches) {
        ASSERT_TRUE(f.result.has_value());
        from_http += f.result->from_http;
      }
    if (reports_wanted())
      std::printf("one to three, seed %llu: %.1f s, %.1f %% from the origin\n",
                  static_cast<unsigned long long>(seed),
                  static_cast<double>(world.now().us - 550'000) / 1e6,
                  static_cast<double>(from_http) * 100 / static_cast<double>(3 * site.total));
    EXPECT_LE(from_http * 10, 3 * site.total) << "seed " << seed;
  }
}

// --------------------------------------------------------------------------------------- idling

TEST(VisitorScenario, TwoIdleHoursWakeNobodyAndGrowNothing) {
  const TestSite site = make_site({2 * kMB, 300 * kKB, 1 * kMB});
  World world(site, 5);
  world.origin_rate = 50 * kMbit;
  constexpr std::int64_t kHours = 7'200'000'000;
  Watch watch(world, {.until = Instant{60'000'000 + kHours}});
  for (int i = 0; i < 10; ++i) {
    const int node =
        world.add({.up_rate = 10 * kMbit, .down_rate = 50 * kMbit, .joins = Instant{i * 100'000}});
    // Not everybody opens everything: links stay, of no use just now.
    world.at(Instant{2'000'000 + i * 100'000}, [&world, node, i] {
      world.fetch(node, FileIndex{static_cast<std::uint32_t>(i % 3)});
      if (i % 2 == 0) world.fetch(node, FileIndex{static_cast<std::uint32_t>((i + 1) % 3)});
    });
  }
  world.run(Instant{60'000'000});
  std::vector<std::uint64_t> wakeups;
  std::vector<std::uint64_t> sent;
  std::vector<Census> before;
  for (int i = 0; i < 10; ++i) {
    wakeups.push_back(world.node(i).wakeups);
    sent.push_back(world.node(i).sent);
    before.push_back(world.node(i).engine->census());
  }
  world.run(Instant{60'000'000 + kHours});
  expect_clean(world);
  for (int i = 0; i < 10; ++i) {
    Node& n = world.node(i);
    const std::uint64_t woken = n.wakeups - wakeups[static_cast<std::size_t>(i)];
    // A keep-alive a minute for each link, an announce every two minutes.
    EXPECT_LE(woken, 120 * (2 + 2 * n.links.size())) << n.options.name;
    EXPECT_LE(n.sent - sent[static_cast<std::size_t>(i)], 120 * 40 * (1 + n.links.size()));
    const Census now = n.engine->census();
    const Census& then = before[static_cast<std::size_t>(i)];
    EXPECT_LE(now.peers, then.peers);
    EXPECT_LE(now.candidates, 10U);
    EXPECT_LE(now.cache_bytes, then.cache_bytes);
    EXPECT_EQ(now.fetches + now.blocks_in_flight + now.assemblies + now.https + now.loads +
                  now.uploads_queued + now.dialling + now.suspects,
              0U);
    if (reports_wanted())
      std::printf("idle: %s woke %llu times in two hours, %zu links, sent %llu bytes\n",
                  n.options.name.c_str(), static_cast<unsigned long long>(woken), n.links.size(),
                  static_cast<unsigned long long>(n.sent - sent[static_cast<std::size_t>(i)]));
  }
}

// ------------------------------------------------------------------------------ tabs that close

TEST(VisitorScenario, TabLeadersCloseOneAfterAnotherAndNothingIsFetchedTwice) {
  const TestSite site = make_site({20 * kMB, 500 * kKB, 500 * kKB});
  for (const bool peers : {true, false}) {
    World world(site, 11);
    world.origin_rate = 20 * kMbit;
    if (peers) world.add({.name = "seed", .up_rate = 16 * kMbit, .seeding = true});
    Watch watch(world, {});
    const int visitor = world.add({.down_rate = 50 * kMbit, .joins = Instant{500'000}});
    world.at(Instant{1'500'000}, [&] { world.fetch_all(visitor); });
    for (std::int64_t tab = 1; tab <= 4; ++tab)
      world.at(Instant{1'000'000 + tab * 1'700'000}, [&world, visitor, tab] {
        Node& n = world.node(visitor);
        // A piece behind what the page was given already: it will be wanted.
        if (tab == 3 && n.stored[0].size() > 1 && world.size() > 1)
          n.torn.insert({0, *n.stored[0].rbegin()});
        world.hand_over(visitor, milliseconds(120));
      });
    world.run(kLong, [&] { return world.now().us > 9'000'000 && world.all_done(); });
    expect_clean(world);
    Node& n = world.node(visitor);
    EXPECT_EQ(n.generation, 4);
    EXPECT_EQ(n.complete.size(), site.files.size());
    EXPECT_TRUE(n.torn.empty());
    EXPECT_GT(n.loads, 40U) << "pieces were read back";
    for (const auto& [id, f] : n.fetches) EXPECT_TRUE(f.result.has_value()) << id.value;
    const std::uint64_t carried = world.origin_sent + (peers ? world.node(0).sent : 0);
    if (reports_wanted())
      std::printf("four tabs closed, %s: %.2f copies carried, %.1f s\n",
                  peers ? "with a peer" : "plain HTTP",
                  static_cast<double>(carried) / static_cast<double>(site.total),
                  static_cast<double>(world.now().us) / 1e6);
    // What was on its way when a tab closed is lost: a window of blocks, or a piece a request.
    EXPECT_LE(carried, site.total + site.total / 4);
  }
}

// ---------------------------------------------------------------------------------------- caps

TEST(VisitorScenario, UploadStopsAtTheTotalAndAtTheRatio) {
  const TestSite site = make_site({3 * kMB});
  struct Cap {
    const char* name;
    PolicyChanged policy;
    std::uint64_t most;
  };
  const Cap caps[] = {{"total", {true, true, 0, 1 * kMB, 0}, 1 * kMB},
                      {"ratio", {true, true, 0, 0, 50}, 1500 * kKB},
                      {"both", {true, true, 0, 2 * kMB, 20}, 600 * kKB}};
  for (const Cap& cap : caps) {
    World world(site, 21);
    world.origin_rate = 20 * kMbit;
    const int giver = world.add({.name = "giver", .seeding = true});
    world.at(Instant{10'000}, [&] { world.input(giver, cap.policy); });
    const int taker = world.add({.name = "taker", .joins = Instant{500'000}});
    world.at(Instant{1'500'000}, [&] { world.fetch_all(taker); });
    world.run(kLong, [&] { return world.now().us > 2'000'000 && world.all_done(); });
    expect_clean(world);
    world.input(giver, StatsRequested{});
    const std::uint64_t uploaded = world.node(giver).stats->uploaded;
    EXPECT_LE(uploaded, cap.most) << cap.name;
    EXPECT_GT(uploaded + 2 * base::kBlockSize, cap.most) << cap.name << ": all of it may be used";
    for (const auto& [id, f] : world.node(taker).fetches) EXPECT_TRUE(f.result.has_value());
    EXPECT_GE(world.origin_sent, site.total - cap.most);
  }
}

// ------------------------------------------------------------------------- who does not upload

TEST(VisitorScenario, WhoDoesNotUploadShowsNothingUntilItDoes) {
  // Nobody waits for what is here and not to be had; and once it is to be had, everybody knows.
  const TestSite site = make_site({4 * kMB});
  World world(site, 51);
  world.origin_rate = 20 * kMbit;
  const int keeper = world.add({.name = "keeper", .seeding = true, .upload = false});
  const int taker = world.add({.name = "taker", .joins = Instant{500'000}});
  world.at(Instant{3'000'000},
           [&] { world.fetch(taker, FileIndex{0}, 0, 1 * kMB, Urgency::normal); });
  world.at(Instant{8'000'000}, [&] { world.input(keeper, PolicyChanged{true, true, 0}); });
  world.at(Instant{9'000'000}, [&] { world.fetch(taker, FileIndex{0}); });
  world.run(kLong, [&] { return world.now().us > 10'000'000 && world.all_done(); });
  expect_clean(world);
  const FetchState& before = world.node(taker).fetches.begin()->second;
  const FetchState& after = world.node(taker).fetches.rbegin()->second;
  ASSERT_TRUE(before.result && after.result);
  EXPECT_GE(before.result->from_http, 1 * kMB);
  EXPECT_LT((before.first_http - before.asked).us, 100'000) << "at once: nobody has it";
  EXPECT_EQ(after.result->from_http, 0U);
  EXPECT_GE(after.result->from_peers, 2 * kMB);
}

TEST(VisitorScenario, NobodyWaitsForWhatIsWithWhoDoesNotUpload) {
  const TestSite site = make_site({2 * kMB});
  World world(site, 52);
  world.origin_rate = 20 * kMbit;
  const int first = world.add({.name = "first", .upload = false});
  const int second = world.add({.name = "second", .joins = Instant{100'000}});
  world.at(Instant{2'000'000}, [&] { world.fetch_all(first); });
  world.at(Instant{4'000'000}, [&] { world.fetch_all(second); });
  world.run(kLong, [&] { return world.now().us > 5'000'000 && world.all_done(); });
  expect_clean(world);
  const FetchState& f = world.node(second).fetches.begin()->second;
  ASSERT_TRUE(f.result.has_value());
  EXPECT_LT((f.done - f.asked).us, 3'000'000) << "2 MB at 20 Mbit/s take 0.8 s";
}

// ------------------------------------------------------------------------- what is taken back

TEST(VisitorScenario, AFileThatTheStoreLostIsNotAskedForAnyMore) {
  const TestSite site = make_site({4 * kMB, 100 * kKB});
  World world(site, 31);
  world.origin_rate = 20 * kMbit;
  const int giver = world.add({.name = "giver", .up_rate = 8 * kMbit, .seeding = true});
  const int taker = world.add({.name = "taker", .joins = Instant{500'000}});
  world.at(Instant{1'500'000}, [&] { world.fetch(taker, FileIndex{0}, Urgency::prefetch); });
  world.at(Instant{3'000'000}, [&] {
    world.node(giver).stored.erase(0);
    world.node(giver).complete.erase(0);
    world.input(giver, StoreFailed{kTorrent, FileIndex{0}});
  });
  world.run(kLong, [&] { return world.now().us > 4'000'000 && world.all_done(); });
  expect_clean(world);
  const FetchState& f = world.node(taker).fetches.begin()->second;
  ASSERT_TRUE(f.result.has_value());
  EXPECT_GT(f.result->from_http, 1 * kMB) << "nobody has it any more: HTTP";
  EXPECT_LE(f.done.us, 3'000'000 + 3'500'000) << "without waiting for the peer to stall";
}

TEST(VisitorScenario, TwoWhoHaveEverythingPart) {
  const TestSite site = make_site({1 * kMB});
  World world(site, 41);
  world.origin_rate = 20 * kMbit;
  world.add({.name = "giver", .seeding = true});
  const int taker = world.add({.name = "taker", .joins = Instant{500'000}});
  world.at(Instant{1'000'000}, [&] { world.fetch_all(taker); });
  world.run(Instant{20'000'000});
  EXPECT_EQ(world.node(taker).links.size(), 1U);
  world.run(Instant{180'000'000});
  expect_clean(world);
  EXPECT_EQ(world.node(taker).links.size(), 0U);
  for (const auto& [peer, reason] : world.node(taker).closed) EXPECT_EQ(reason, CloseReason::done);
}

}  // namespace
}  // namespace skep::engine::testing
