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

}  // namespace
}  // namespace skep::engine::testing
