#include <gtest/gtest.h>

#include <algorithm>

#include "engine/testing/world.hpp"

namespace skep::engine::testing {
namespace {

using base::Instant;
using base::milliseconds;
using base::seconds;

constexpr std::uint64_t kMB = 1'000'000;
constexpr Instant kLong{600'000'000};

void expect_clean(World& world) {
  for (const std::string& complaint : world.complaints) ADD_FAILURE() << complaint;
}
void expect_all_delivered(World& world) {
  for (std::size_t i = 0; i < world.size(); ++i) {
    Node& n = world.node(static_cast<int>(i));
    if (!n.alive) continue;
    for (const auto& [id, f] : n.fetches)
      EXPECT_TRUE(f.result.has_value()) << n.options.name << " fetch " << id.value;
    const Census c = n.engine->census();
    EXPECT_EQ(c.fetches, 0U) << n.options.name;
    EXPECT_EQ(c.blocks_in_flight, 0U) << n.options.name;
    EXPECT_EQ(c.assemblies, 0U) << n.options.name;
    EXPECT_EQ(c.https, 0U) << n.options.name;
  }
}

TEST(Swarm, FetchesOverPlainHttpWithoutPeers) {
  const TestSite site = make_site({200'000, 0, 1, 65'536, 1'500'000});
  World world(site, 1);
  world.origin_rate = 5 * kMB;
  const int visitor = world.add({.name = "visitor"});
  world.at(Instant{milliseconds(50).us}, [&] { world.fetch_all(visitor); });
  world.run(kLong, [&] { return world.now().us > 60'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
  EXPECT_EQ(world.origin_sent, site.total);
  EXPECT_EQ(world.node(visitor).complete.size(), site.files.size());
  for (const HttpGet& get : world.node(visitor).gets) EXPECT_TRUE(get.whole);
}

TEST(Swarm, SecondVisitorTakesEverythingFromTheFirst) {
  const TestSite site = make_site({200'000, 3'000'000, 70'000, 5'000'000});
  World world(site, 2);
  world.origin_rate = 5 * kMB;
  const int seed = world.add({.name = "seed", .seeding = true});
  const int visitor = world.add({.name = "visitor", .joins = Instant{1'000'000}});
  world.at(Instant{1'100'000}, [&] { world.fetch_all(visitor); });
  world.run(kLong, [&] { return world.now().us > 1'200'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
  EXPECT_EQ(world.origin_sent, 0U);
  EXPECT_EQ(world.node(visitor).engine->census().fetches, 0U);
  EXPECT_GE(world.node(seed).sent, site.total);
}

// ------------------------------------------------------------------ (a) many, one seed, slow
// origin

struct Crowd {
  int leechers = 30;
  std::uint64_t origin_rate = 2 * kMB;
  std::uint64_t seed_up = 4 * kMB;
  std::uint64_t up = 2 * kMB;
  std::uint64_t down = 10 * kMB;
};
struct CrowdResult {
  std::uint64_t origin = 0;
  std::int64_t slowest_us = 0;
  std::uint64_t trace = 0;
};

CrowdResult run_crowd(const TestSite& site, const Crowd& crowd, std::uint64_t seed) {
  World world(site, seed);
  world.origin_rate = crowd.origin_rate;
  world.add({.name = "seed", .up_rate = crowd.seed_up, .down_rate = 20 * kMB, .seeding = true});
  const Instant start{2'000'000};
  for (int i = 0; i < crowd.leechers; ++i) {
    const int leecher = world.add({.name = "l" + std::to_string(i),
                                   .up_rate = crowd.up,
                                   .down_rate = crowd.down,
                                   .joins = Instant{1'500'000 + i * 10'000}});
    world.at(start, [&world, leecher] { world.fetch_all(leecher); });
  }
  world.run(kLong, [&] { return world.now() > start && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
  CrowdResult result;
  for (int i = 1; i <= crowd.leechers; ++i)
    for (const auto& [id, f] : world.node(i).fetches)
      result.slowest_us = std::max(result.slowest_us, (f.done - start).us);
  result.origin = world.origin_sent;
  result.trace = world.trace;
  return result;
}

/// Everybody needs a copy: the seed, the origin and all leechers together carry them, nobody takes
/// faster than its line, and the first copy has to leave the seed and the origin.
std::uint64_t optimum_ms(const TestSite& site, const Crowd& c) {
  const auto n = static_cast<std::uint64_t>(c.leechers);
  const std::uint64_t by_all = n * site.total * 1000 / (c.seed_up + c.origin_rate + n * c.up);
  const std::uint64_t by_down = site.total * 1000 / c.down;
  const std::uint64_t by_first = site.total * 1000 / (c.seed_up + c.origin_rate);
  return std::max({by_all, by_down, by_first});
}

void expect_crowd(const TestSite& site, const Crowd& crowd, std::uint64_t seed,
                  std::uint64_t percent_max = 120) {
  const CrowdResult got = run_crowd(site, crowd, seed);
  const std::uint64_t optimum = optimum_ms(site, crowd);
  std::printf(
      "crowd: origin %.2f copies (it could have sent %.1f), slowest %.1f s, optimum %.1f s\n",
      static_cast<double>(got.origin) / static_cast<double>(site.total),
      static_cast<double>(crowd.origin_rate) * static_cast<double>(got.slowest_us) / 1e6 /
          static_cast<double>(site.total),
      static_cast<double>(got.slowest_us) / 1e6, static_cast<double>(optimum) / 1e3);
  EXPECT_LE(got.origin * 100, site.total * percent_max);
  EXPECT_LE(got.slowest_us, static_cast<std::int64_t>(2 * optimum * 1000));
}

TEST(Swarm, ThirtyLeechersTakeLittleFromASlowOriginAndFinishNearTheOptimum) {
  const TestSite one = make_site({20 * kMB});
  expect_crowd(one, {}, 3);
  expect_crowd(one, {.origin_rate = 6 * kMB}, 4);
  // The deadline (24 s) can be met by nobody: some more is allowed, but the origin, which could
  // send five copies, must not be stormed.
  expect_crowd(one, {.origin_rate = 3 * kMB, .seed_up = 2 * kMB, .up = 500'000}, 5, 150);
  expect_crowd(make_site(std::vector<std::uint64_t>(40, 400'000)), {.origin_rate = 4 * kMB}, 6);
}

TEST(Swarm, TheSameSeedGivesTheSameTrace) {
  const TestSite site = make_site({3 * kMB, 500'000});
  const CrowdResult first = run_crowd(site, {}, 4);
  const CrowdResult second = run_crowd(site, {}, 4);
  EXPECT_EQ(first.trace, second.trace);
  EXPECT_NE(first.trace, run_crowd(site, {}, 5).trace);
}

// ------------------------------------------------------------------------------------ (b) a
// poisoner

TEST(Swarm, APoisonerIsNamedDroppedAndBanned) {
  const TestSite site = make_site({6 * kMB, 300'000});
  World world(site, 6);
  world.origin_rate = 1 * kMB;
  for (int i = 0; i < 9; ++i)
    world.add({.name = "good" + std::to_string(i), .up_rate = 300'000, .seeding = true});
  const int liar = world.add(
      {.name = "liar", .up_rate = 5 * kMB, .seeding = true, .poison = true, .poison_in = 7});
  const int visitor = world.add({.name = "visitor", .joins = Instant{500'000}});
  world.at(Instant{600'000}, [&] { world.fetch_all(visitor); });
  world.run(kLong, [&] { return world.now().us > 700'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
  world.input(visitor, StatsRequested{});
  EXPECT_EQ(world.node(visitor).stats->peers_banned, 1U);
  int named = 0;
  for (const auto& [peer, reason] : world.node(visitor).closed) {
    if (reason != CloseReason::bad_block) continue;
    ++named;
    EXPECT_EQ(peer, world.node(liar).id);
  }
  EXPECT_GE(named, 1);
}

TEST(Swarm, APoisonerAmongSlowPeersIsNamedAlthoughPiecesHaveSeveralSenders) {
  // Large pieces and peers that stall: blocks of one piece come from several senders.
  const TestSite site = make_site({8 * kMB}, 1, 1024 * 1024);
  int named = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    World world(site, seed);
    world.origin_rate = 200'000;
    for (int i = 0; i < 4; ++i)
      world.add({.name = "good" + std::to_string(i), .up_rate = 400'000, .seeding = true});
    const int liar = world.add(
        {.name = "liar", .up_rate = 400'000, .seeding = true, .poison = true, .poison_in = 20});
    const int visitor = world.add({.name = "visitor", .joins = Instant{500'000}});
    world.at(Instant{600'000}, [&] { world.fetch_all(visitor); });
    for (int cut = 1; cut < 8; ++cut)  // links that break leave half-done pieces to others
      world.at(Instant{cut * 1'700'000}, [&world, visitor] {
        if (!world.node(visitor).links.empty())
          world.cut_link(visitor, world.node(visitor).links.begin()->first);
      });
    world.run(kLong, [&] { return world.now().us > 700'000 && world.all_done(); });
    expect_clean(world);
    expect_all_delivered(world);
    for (const auto& [peer, reason] : world.node(visitor).closed) {
      if (reason != CloseReason::bad_block) continue;
      ++named;
      EXPECT_EQ(peer, world.node(liar).id) << "seed " << seed;
    }
  }
  EXPECT_GE(named, 4);
}

// ------------------------------------------------------------- (c) the only seeding peer
// disappears

TEST(Swarm, HttpFinishesWhenTheOnlySeedingPeerLeaves) {
  const TestSite site = make_site({8 * kMB, 100'000});
  World world(site, 7);
  world.origin_rate = 4 * kMB;
  const int seed = world.add({.name = "seed", .up_rate = 2 * kMB, .seeding = true});
  const int visitor = world.add({.name = "visitor", .joins = Instant{500'000}});
  world.at(Instant{600'000}, [&] { world.fetch_all(visitor); });
  world.at(Instant{3'000'000}, [&] { world.kill(seed); });
  world.run(kLong, [&] { return world.now().us > 700'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
  std::uint64_t from_peers = 0;
  for (const auto& [id, f] : world.node(visitor).fetches) from_peers += f.result->from_peers;
  EXPECT_GT(from_peers, 2 * kMB);
  EXPECT_LE(world.origin_sent, site.total - from_peers + 512 * 1024);
  EXPECT_LE(world.now().us, 8'000'000);
}

// ---------------------------------------------------------------------------------- (d) a bad
// origin

struct OriginCase {
  const char* name;
  std::function<HttpFault(const HttpGet&, int)> fault;
  bool ends_well;
  FetchFailed::Reason reason;
};

TEST(Swarm, AnOriginThatFailsRestartsOrLiesIsSurvivedOrGivenUp) {
  const auto first_only = [](HttpFault f) {
    return [f](const HttpGet&, int n) { return n <= 2 ? f : HttpFault{}; };
  };
  const auto always = [](HttpFault f) { return [f](const HttpGet&, int) { return f; }; };
  const auto kNone = FetchFailed::Reason::http_failed;
  const std::vector<OriginCase> cases = {
      {"503 twice", first_only({.status = 503}), true, kNone},
      {"404 always", always({.status = 404}), false, FetchFailed::Reason::http_failed},
      {"cut, then well", first_only({.cut_after = 300'000}), true, kNone},
      {"cut every time", always({.cut_after = 300'000}), true, kNone},
      {"cut short but regular", always({.cut_after = 150'000, .cut_says_ok = true}), true, kNone},
      {"cut before a piece", always({.cut_after = 10'000}), false, kNone},
      {"size lie, then well",
       [](const HttpGet&, int n) { return n == 1 ? HttpFault{.lie_size = -1} : HttpFault{}; }, true,
       kNone},
      {"size lie", always({.lie_size = 77}), false, FetchFailed::Reason::http_mismatch},
      {"another range", first_only({.shift_begin = 65'536}), true, kNone},
      {"always another range", always({.shift_begin = 1}), false, kNone},
      {"ranges ignored", always({.ignore_range = true}), true, kNone},
      {"ranges ignored and cut", always({.ignore_range = true, .cut_after = 700'000}), false,
       kNone},
      {"wrong bytes once",
       [](const HttpGet&, int n) { return n == 1 ? HttpFault{.wrong_bytes = true} : HttpFault{}; },
       true, kNone},
      {"wrong bytes", always({.wrong_bytes = true}), false, FetchFailed::Reason::http_mismatch},
      {"more than asked", always({.extra = 40'000}), true, kNone},
      {"silent once",
       [](const HttpGet&, int n) { return n == 1 ? HttpFault{.silent = true} : HttpFault{}; }, true,
       kNone},
  };
  const TestSite site = make_site({1'000'000});
  for (const OriginCase& c : cases) {
    World world(site, 8);
    world.origin_rate = 4 * kMB;
    world.fault = c.fault;
    const int visitor = world.add({.name = c.name});
    world.at(Instant{100'000}, [&] {
      const bool ranged = std::string_view(c.name).find("range") != std::string_view::npos;
      world.fetch(visitor, FileIndex{0}, ranged ? 200'000 : 0, 1'000'000, Urgency::normal);
    });
    world.run(kLong, [&] { return world.now().us > 100'000 && world.all_done(); });
    expect_clean(world);
    const FetchState& f = world.node(visitor).fetches.begin()->second;
    ASSERT_TRUE(f.over()) << c.name;
    EXPECT_EQ(f.result.has_value(), c.ends_well) << c.name;
    if (!c.ends_well) {
      EXPECT_EQ(*f.failed, c.reason) << c.name;
    }
    EXPECT_LE(world.http_requests, 12) << c.name;
    EXPECT_EQ(world.node(visitor).engine->census().https, 0U) << c.name;
  }
}

TEST(Swarm, PeersDeliverWhatTheOriginCannot) {
  const TestSite site = make_site({2 * kMB, 100'000});
  World world(site, 9);
  world.fault = [](const HttpGet&, int) { return HttpFault{.status = 500}; };
  world.add({.name = "seed", .up_rate = 200'000, .seeding = true});
  const int visitor = world.add({.name = "visitor", .joins = Instant{500'000}});
  world.at(Instant{600'000}, [&] { world.fetch_all(visitor); });
  world.run(kLong, [&] { return world.now().us > 700'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
}

// -------------------------------------------------------------------- (e) three arrive together

void expect_three_share(const std::vector<std::uint64_t>& sizes, std::uint64_t seed, int parallel,
                        std::uint64_t percent_max) {
  const TestSite site = make_site(sizes);
  World world(site, seed);
  world.origin_rate = 2'500'000;  // 20 Mbit/s in all
  for (int i = 0; i < 3; ++i) {
    const int visitor = world.add({.name = "v" + std::to_string(i),
                                   .up_rate = 12 * kMB,
                                   .down_rate = 12 * kMB,
                                   .joins = Instant{100'000 + i * 15'000}});
    world.at(Instant{200'000 + i * 15'000},
             [&world, visitor, parallel] { world.browse(visitor, parallel); });
  }
  world.run(kLong, [&] { return world.now().us > 300'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
  std::printf("three together (%zu files, %d at a time): origin %.2f copies in %.1f s\n",
              sizes.size(), parallel,
              static_cast<double>(world.origin_sent) / static_cast<double>(site.total),
              static_cast<double>(world.now().us) / 1e6);
  EXPECT_LE(world.origin_sent * 100, site.total * percent_max) << "seed " << seed;
}

std::vector<std::uint64_t> many_files() {
  base::Rng rng(5);
  std::vector<std::uint64_t> sizes;
  for (int i = 0; i < 200; ++i)
    sizes.push_back(rng.chance(1, 12) ? 500'000 + rng.below(1'500'000) : 500 + rng.below(90'000));
  return sizes;
}

TEST(Swarm, ThreeArrivingTogetherDivideTheOriginsBytes) {
  expect_three_share(many_files(), 10, 6, 150);
  expect_three_share(many_files(), 11, 200, 150);
  expect_three_share({12 * kMB, 8 * kMB, 400'000}, 12, 6, 150);
}

// -------------------------------------------------------------------- (f) no tracker, no peers

TEST(Swarm, ATrackerThatIsDownCostsNothing) {
  const TestSite site = make_site({300'000, 2 * kMB});
  World world(site, 13);
  world.tracker_up = false;
  world.origin_rate = 4 * kMB;
  const int visitor = world.add({.name = "visitor"});
  world.at(Instant{100'000}, [&] { world.fetch_all(visitor); });
  world.run(kLong, [&] { return world.now().us > 100'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
  for (const auto& [id, f] : world.node(visitor).fetches) EXPECT_EQ(f.first_http, f.asked);
}

// ------------------------------------------------------------------------- (g) urgent never waits

TEST(Swarm, AnUrgentFetchGoesToHttpAtOnceWhateverElseHappens) {
  std::vector<std::uint64_t> sizes(30, 1 * kMB);
  sizes.push_back(40'000);
  const TestSite site = make_site(sizes);
  World world(site, 14);
  world.origin_rate = 1 * kMB;
  world.add({.name = "seed", .up_rate = 1 * kMB, .seeding = true});
  const int visitor = world.add({.name = "visitor", .joins = Instant{300'000}});
  const auto last = static_cast<std::uint32_t>(sizes.size() - 1);
  FetchId urgent{};
  world.at(Instant{400'000}, [&] {
    for (std::uint32_t f = 0; f < last; ++f) world.fetch(visitor, FileIndex{f});
  });
  world.at(Instant{2'500'000}, [&] {
    urgent = world.fetch(visitor, FileIndex{last}, Urgency::urgent);
    EXPECT_EQ(world.node(visitor).fetches.at(urgent).first_http, world.now());
  });
  world.run(kLong, [&] { return world.now().us > 2'500'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
}

TEST(Swarm, PrefetchLeavesTheOriginAloneWhilePeersHaveIt) {
  const TestSite site = make_site({4 * kMB, 300'000});
  World world(site, 15);
  world.add({.name = "seed", .up_rate = 300'000, .seeding = true});
  const int visitor = world.add({.name = "visitor", .joins = Instant{300'000}});
  world.at(Instant{400'000}, [&] { world.fetch_all(visitor, Urgency::prefetch); });
  world.run(kLong, [&] { return world.now().us > 500'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
  EXPECT_EQ(world.origin_sent, 0U);
}

TEST(Swarm, APeerThatCannotMeetTheDeadlineIsJoinedByHttp) {
  const TestSite site = make_site({10 * kMB});
  World world(site, 16);
  world.origin_rate = 10 * kMB;
  world.add({.name = "seed", .up_rate = 200'000, .seeding = true});
  const int visitor = world.add({.name = "visitor", .joins = Instant{300'000}});
  world.at(Instant{400'000}, [&] { world.fetch_all(visitor); });
  world.run(kLong, [&] { return world.now().us > 500'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
  EXPECT_LE(world.now().us, 400'000 + 14'000'000) << "the default deadline";
  EXPECT_GT(world.origin_sent, 5 * kMB);
}

// ------------------------------------------------------------------------- the link is the limit

TEST(Swarm, OneFastLinkIsFilledWhateverItsLatency) {
  const TestSite site = make_site({60 * kMB});
  for (const std::int64_t latency_ms : {1, 25, 80}) {
    World world(site, 18);
    world.link_latency_min = milliseconds(latency_ms);
    world.link_latency_max = milliseconds(latency_ms);
    world.add({.name = "seed", .up_rate = 25 * kMB, .seeding = true});
    const int visitor = world.add({.name = "visitor", .joins = Instant{300'000}});
    world.at(Instant{1'500'000}, [&] { world.fetch_all(visitor); });
    world.run(kLong, [&] { return world.now().us > 1'600'000 && world.all_done(); });
    expect_clean(world);
    expect_all_delivered(world);
    EXPECT_EQ(world.origin_sent, 0U);
    const std::int64_t took_us = world.now().us - 1'500'000;
    std::printf("60 MB over 25 MB/s, %lld ms one way: %.2f s\n", static_cast<long long>(latency_ms),
                static_cast<double>(took_us) / 1e6);
    // 2.4 s on the wire, and six round trips until the pipeline is as deep as it needs to be.
    EXPECT_LE(took_us, 2'450'000 + 12 * latency_ms * 1000) << latency_ms << " ms";
  }
}

TEST(Swarm, AnUploadCapIsKept) {
  const TestSite site = make_site({1 * kMB});
  World world(site, 19);
  world.add({.name = "seed", .seeding = true, .tune = [](Config& c) {
               c.upload_rate_bytes_per_s = 100'000;
             }});
  const int visitor = world.add({.name = "visitor", .joins = Instant{300'000}});
  world.at(Instant{1'000'000}, [&] { world.fetch_all(visitor, Urgency::prefetch); });
  world.run(kLong, [&] { return world.now().us > 1'100'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
  EXPECT_EQ(world.origin_sent, 0U);
  EXPECT_GE(world.now().us, 1'000'000 + 9'000'000);
  EXPECT_LE(world.now().us, 1'000'000 + 12'500'000);
}

TEST(Swarm, AVisitorThatGivesNothingStillGets) {
  const TestSite site = make_site({1 * kMB});
  World world(site, 20);
  world.add({.name = "seed", .seeding = true});
  const int visitor = world.add({.name = "visitor", .joins = Instant{300'000}});
  const int other = world.add({.name = "other", .joins = Instant{300'000}});
  world.at(Instant{350'000}, [&] { world.input(visitor, PolicyChanged{true, false, 0}); });
  world.at(Instant{1'000'000}, [&] { world.fetch_all(visitor); });
  world.at(Instant{1'000'000}, [&] { world.fetch_all(other); });
  world.run(kLong, [&] { return world.now().us > 1'100'000 && world.all_done(); });
  expect_clean(world);
  expect_all_delivered(world);
  world.input(visitor, StatsRequested{});
  EXPECT_EQ(world.node(visitor).stats->uploaded, 0U);
  EXPECT_EQ(world.node(visitor).stats->from_peers, site.total);
}

}  // namespace
}  // namespace skep::engine::testing
