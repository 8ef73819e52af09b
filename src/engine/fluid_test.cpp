#include "engine/testing/fluid.hpp"

#include <gtest/gtest.h>

namespace skep::engine::testing {
namespace {

using base::Instant;
using base::milliseconds;
using base::seconds;

constexpr std::uint64_t kMB = 1'000'000;

FluidCrowd equal(std::size_t n, std::uint64_t sources, std::uint64_t up, std::uint64_t down) {
  FluidCrowd crowd{100 * kMB, sources, {}, {}};
  crowd.visitors.assign(n, {up, down, {}, base::kNever, 0});
  return crowd;
}
void expect_near(Instant got, std::int64_t ms) {
  EXPECT_NEAR(static_cast<double>(got.us) / 1000, static_cast<double>(ms), 3);
}

TEST(Fluid, EachTermOfTheFormulaRulesWhereItShould) {
  // The first copy has to leave the source.
  expect_near(fluid_optimum(equal(10, 1 * kMB, 50 * kMB, 100 * kMB)), 100'000);
  // The slowest line.
  FluidCrowd slow = equal(10, 50 * kMB, 50 * kMB, 100 * kMB);
  slow.visitors[3].down = 2 * kMB;
  expect_near(fluid_optimum(slow), 50'000);
  // All lines together: 10 * 100 / (10 + 10 * 1).
  expect_near(fluid_optimum(equal(10, 10 * kMB, 1 * kMB, 100 * kMB)), 50'000);
  // Nobody gives anything: the source sends each its copy.
  expect_near(fluid_optimum(equal(10, 10 * kMB, 0, 100 * kMB)), 100'000);
}

TEST(Fluid, ArrivalsCountFromWhenTheyCome) {
  FluidCrowd crowd = equal(1, 100 * kMB, 0, 10 * kMB);
  crowd.visitors[0].arrives = Instant{} + seconds(7);
  expect_near(fluid_optimum(crowd), 17'000);
  // Two, the second late: 10 MB/s from the source, 10 MB/s more from the first visitor.
  crowd = equal(2, 10 * kMB, 10 * kMB, 1000 * kMB);
  crowd.visitors[1].arrives = Instant{} + seconds(2);
  expect_near(fluid_optimum(crowd), 10'000 + 0);  // the first copy; 3 * 10 lines did the rest
  crowd.visitors[1].arrives = Instant{} + seconds(30);
  expect_near(fluid_optimum(crowd), 30'100);  // its line
}

TEST(Fluid, WhoLeavesGivesWhileItIsThere) {
  FluidCrowd crowd = equal(2, 10 * kMB, 10 * kMB, 1000 * kMB);
  crowd.bytes = 100 * kMB;
  crowd.visitors.push_back({10 * kMB, 1000 * kMB, {}, Instant{} + seconds(2), 0});
  // 200 MB: 30 MB/s of those who stay, 20 MB of the one who left: 6 s; the first copy needs 10 s.
  expect_near(fluid_optimum(crowd), 10'000);
  for (auto& v : crowd.visitors) v.up = 2 * kMB;  // 14 t + 4 = 200
  expect_near(fluid_optimum(crowd), 14'000);
  crowd.visitors.back().takes = 14 * kMB;  // it took something with it
  expect_near(fluid_optimum(crowd), 15'000);
}

TEST(Fluid, WhoStallsGivesUntilThen) {
  FluidCrowd crowd = equal(4, 5 * kMB, 0, 1000 * kMB);
  crowd.stallers.push_back({45 * kMB, Instant{} + seconds(4)});
  // 400 MB: 45 * 4 of the one who stalls, 5 t of the other one.
  expect_near(fluid_optimum(crowd), 44'000);
  // The first copy: 10 + 5 t.
  for (auto& v : crowd.visitors) v.up = 100 * kMB;
  crowd.stallers[0] = {10 * kMB, Instant{} + seconds(1)};
  expect_near(fluid_optimum(crowd), 18'000);
}

TEST(Fluid, MoreOfAnythingNeverTakesLonger) {
  FluidCrowd crowd = equal(20, 3 * kMB, 1 * kMB, 8 * kMB);
  const Instant before = fluid_optimum(crowd);
  crowd.visitors[4].up = 5 * kMB;
  const Instant with_upload = fluid_optimum(crowd);
  EXPECT_LE(with_upload, before);
  crowd.sources = 4 * kMB;
  EXPECT_LE(fluid_optimum(crowd), with_upload);
}

}  // namespace
}  // namespace skep::engine::testing
