// Random small worlds: nobody waits for ever, no wrong byte, nothing leaks, whatever breaks.
#include <gtest/gtest.h>

#include "engine/testing/world.hpp"

namespace skep::engine::testing {
namespace {

using base::Instant;

constexpr std::uint64_t kKB = 1000;
constexpr std::uint64_t kSeeds = 300;

TestSite random_site(base::Rng& rng) {
  std::vector<std::uint64_t> sizes;
  const std::uint64_t files = 1 + rng.below(8);
  for (std::uint64_t i = 0; i < files; ++i) {
    switch (rng.below(5)) {
      case 0:
        sizes.push_back(rng.below(3));
        break;
      case 1:
        sizes.push_back(65'536 * (1 + rng.below(4)));
        break;
      case 2:
        sizes.push_back(500 * kKB + rng.below(4000 * kKB));
        break;
      default:
        sizes.push_back(1 + rng.below(200 * kKB));
    }
  }
  constexpr std::uint32_t kLengths[] = {16 * 1024, 64 * 1024, 64 * 1024, 256 * 1024};
  return make_site(sizes, rng.next(), kLengths[rng.below(4)]);
}

std::function<HttpFault(const HttpGet&, int)> random_fault(base::Rng rng) {
  return [rng](const HttpGet&, int) mutable {
    HttpFault fault;
    switch (rng.below(20)) {
      case 0:
        fault.status = 503;
        break;
      case 1:
        fault.cut_after = static_cast<std::int64_t>(rng.below(400 * kKB));
        break;
      case 2:
        fault.cut_after = static_cast<std::int64_t>(rng.below(400 * kKB));
        fault.cut_says_ok = true;
        break;
      case 3:
        fault.ignore_range = true;
        break;
      case 4:
        fault.extra = 5000;
        break;
      case 5:
        fault.shift_begin = 65'536;
        break;
      default:
        break;
    }
    return fault;
  };
}

void plan_fetches(World& world, const TestSite& site, base::Rng& rng, int node, Instant joins) {
  const std::uint64_t count = 1 + rng.below(2 * site.files.size());
  for (std::uint64_t i = 0; i < count; ++i) {
    const FileIndex file{static_cast<std::uint32_t>(rng.below(site.files.size()))};
    const std::uint64_t size = site.files[file.value].size();
    const std::uint64_t begin = rng.chance(2, 3) ? 0 : rng.below(size + 1);
    const std::uint64_t end = begin == 0 ? size : begin + rng.below(size - begin + 1);
    const auto urgency = static_cast<Urgency>(rng.below(3));
    const Instant when{joins.us + 40'000 + static_cast<std::int64_t>(rng.below(4'000'000))};
    const bool cancel = rng.chance(1, 10);
    world.at(when, [&world, node, file, begin, end, urgency, cancel] {
      if (!world.node(node).alive) return;
      const FetchId id = world.fetch(node, file, begin, end, urgency);
      if (!cancel) return;
      world.at(world.now() + base::milliseconds(700), [&world, node, id] {
        if (world.node(node).alive && !world.node(node).fetches.at(id).over())
          world.cancel(node, id);
      });
    });
  }
}

void plan_troubles(World& world, base::Rng& rng) {
  for (std::uint64_t i = rng.below(12); i > 0; --i) {
    const int node = static_cast<int>(rng.below(world.size()));
    const bool kill = rng.chance(1, 6);
    const std::uint64_t which = rng.next();
    world.at(Instant{static_cast<std::int64_t>(500'000 + rng.below(8'000'000))},
             [&world, node, kill, which] {
               Node& n = world.node(node);
               if (!n.alive) return;
               if (kill) return world.kill(node);
               if (n.links.empty()) return;
               auto at = n.links.begin();
               std::advance(at, which % n.links.size());
               world.cut_link(node, at->first);
             });
  }
}

std::uint64_t run_small_world(std::uint64_t seed) {
  base::Rng rng(seed);
  const TestSite site = random_site(rng);
  World world(site, seed);
  world.origin_rate = 200 * kKB + rng.below(5000 * kKB);
  world.tracker_up = rng.chance(9, 10);
  if (rng.chance(1, 2)) world.fault = random_fault(rng.fork("faults"));
  const std::uint64_t nodes = 2 + rng.below(7);
  for (std::uint64_t i = 0; i < nodes; ++i) {
    NodeOptions options;
    options.seeding = rng.chance(1, 5);
    options.poison = rng.chance(1, 12);
    options.poison_in = 1 + rng.below(30);
    options.up_rate = 50 * kKB + rng.below(4000 * kKB);
    options.down_rate = 200 * kKB + rng.below(9000 * kKB);
    options.use_peers = rng.chance(19, 20);
    options.joins = Instant{static_cast<std::int64_t>(rng.below(3'000'000))};
    options.tune = [cap = rng.below(4) == 0 ? 30 * kKB + rng.below(300 * kKB) : 0](Config& c) {
      c.upload_rate_bytes_per_s = cap;
    };
    const int node = world.add(options);
    plan_fetches(world, site, rng, node, options.joins);
  }
  plan_troubles(world, rng);
  world.run(Instant{900'000'000}, [&] { return world.now().us > 12'000'000 && world.all_done(); });

  EXPECT_LT(world.now().us, 150'000'000) << "somebody waited too long, seed " << seed;

  for (const std::string& complaint : world.complaints)
    ADD_FAILURE() << "seed " << seed << ": " << complaint;
  for (int i = 0; i < static_cast<int>(world.size()); ++i) {
    Node& n = world.node(i);
    if (!n.alive) continue;
    for (const auto& [id, f] : n.fetches) {
      EXPECT_TRUE(f.over()) << "seed " << seed << " " << n.options.name << " fetch " << id.value;
      // An origin with random faults may fail a fetch, but never for another reason.
      if (f.failed) {
        EXPECT_TRUE(world.fault != nullptr) << "seed " << seed;
        EXPECT_EQ(*f.failed, FetchFailed::Reason::http_failed) << "seed " << seed;
      }
    }
    for (const auto& [peer, reason] : n.closed) {
      bool poisoner = false;
      for (int k = 0; k < static_cast<int>(world.size()); ++k)
        poisoner = poisoner || (world.node(k).id == peer && world.node(k).options.poison);
      EXPECT_NE(reason, CloseReason::protocol_error) << "seed " << seed;
      EXPECT_NE(reason, CloseReason::timed_out) << "seed " << seed;
      if (reason == CloseReason::bad_block) {
        EXPECT_TRUE(poisoner) << "an honest peer was blamed, seed " << seed;
      }
    }
    Census c = n.engine->census();
    EXPECT_EQ(c.fetches + c.blocks_in_flight + c.assemblies + c.https, 0U) << "seed " << seed;
    world.input(i, TorrentRemoved{kTorrent});
    c = n.engine->census();
    EXPECT_EQ(c.torrents + c.peers + c.loads + c.uploads_queued + c.dialling + c.candidates +
                  c.suspects + c.cache_bytes,
              0U)
        << "seed " << seed;
    EXPECT_EQ(n.engine->next_wakeup().at, base::kNever) << "seed " << seed;
    const auto wakes_max = static_cast<std::uint64_t>(world.now().us / 1000) * 2;
    EXPECT_LE(n.wakeups, wakes_max) << "a wake storm, seed " << seed;
  }
  return world.trace;
}

TEST(SmallWorld, EverybodyFinishesAndNothingLeaks) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    run_small_world(seed);
    if (HasFailure()) return;
  }
}

TEST(SmallWorld, IsReproducible) { EXPECT_EQ(run_small_world(17), run_small_world(17)); }

}  // namespace
}  // namespace skep::engine::testing
