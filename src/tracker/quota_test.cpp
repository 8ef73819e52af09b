#include "tracker/quota.hpp"

#include <gtest/gtest.h>

namespace skep::tracker {
namespace {

using base::Instant;
using base::microseconds;
using base::seconds;

TEST(TokenBucket, StartsFullAndGivesAllOrNothing) {
  TokenBucket bucket({10, 1}, Instant{});
  EXPECT_FALSE(bucket.take(Instant{}, 11));
  EXPECT_TRUE(bucket.take(Instant{}, 10));
  EXPECT_FALSE(bucket.take(Instant{}, 1));
}

TEST(TokenBucket, RefillsAtItsRateWithoutLosingFractions) {
  TokenBucket bucket({10, 3}, Instant{});
  ASSERT_TRUE(bucket.take(Instant{}, 10));
  Instant now{};
  for (int i = 0; i < 1000; ++i) {  // a second in steps that are no multiple of a token
    now = now + microseconds(1000);
    (void)bucket.available(now);
  }
  EXPECT_EQ(bucket.available(now), 3u);
}

TEST(TokenBucket, NeverHoldsMoreThanItsBurst) {
  TokenBucket bucket({10, 3}, Instant{});
  ASSERT_TRUE(bucket.take(Instant{}, 4));
  EXPECT_EQ(bucket.available(Instant{} + seconds(3600)), 10u);
  EXPECT_EQ(bucket.available(Instant{INT64_MAX / 2}), 10u);
}

TEST(TokenBucket, WithoutARateIsSpentForGood) {
  TokenBucket bucket({1, 0}, Instant{});
  ASSERT_TRUE(bucket.take(Instant{}, 1));
  EXPECT_FALSE(bucket.take(Instant{} + seconds(1'000'000), 1));
}

}  // namespace
}  // namespace skep::tracker
