#include "net/token_bucket.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace skep::net {
namespace {

using base::Instant;

constexpr std::int64_t kQuantum = 16 * 1024;

/// Sends for `seconds` of virtual time through timers that are late by up to `late_us`. RETURNS
/// bytes per second.
double rate_with_late_timers(std::int64_t bytes_per_s, std::int64_t seconds,
                             std::uint64_t late_us) {
  base::Rng rng(late_us + 1);
  Instant now{1'000'000};
  const Instant end = now + base::seconds(seconds);
  TokenBucket bucket(bytes_per_s, now);
  std::int64_t sent = 0;
  bool waited = false;
  while (now < end) {
    bucket.advance(now, waited);
    while (bucket.take(kQuantum)) {
      sent += kQuantum;
      bucket.advance(now, false);  // the same session asks again at once
    }
    now = now + bucket.wait_for(kQuantum) +
          base::microseconds(static_cast<std::int64_t>(rng.below(late_us + 1)));
    waited = true;
  }
  return static_cast<double>(sent) / static_cast<double>(seconds);
}

TEST(TokenBucket, KeepsItsRateWithinOnePercentEvenWithLateTimers) {
  for (const std::int64_t rate : {100'000, 2'500'000, 125'000'000})
    for (const std::uint64_t late_us : {0u, 1000u, 20'000u, 60'000u}) {
      const double measured = rate_with_late_timers(rate, 20, late_us);
      EXPECT_NEAR(measured / static_cast<double>(rate), 1.0, 0.01) << rate << " " << late_us;
    }
}

TEST(TokenBucket, SavesLittleWhileIdle) {
  TokenBucket bucket(1'000'000, Instant{0});
  bucket.advance(Instant{3'600'000'000}, false);
  EXPECT_TRUE(bucket.take(TokenBucket::kIdleBurstBytes));
  EXPECT_FALSE(bucket.take(1));
}

TEST(TokenBucket, StartsEmptyAndSaysWhenThereIsEnough) {
  TokenBucket bucket(1'000'000, Instant{0});
  EXPECT_FALSE(bucket.take(1000));
  EXPECT_EQ(bucket.wait_for(1000).us, 1000);
  bucket.advance(Instant{999}, true);
  EXPECT_FALSE(bucket.take(1000));
  bucket.advance(Instant{1000}, true);
  EXPECT_TRUE(bucket.take(1000));
}

TEST(TokenBucket, DebtsArePaidBeforeTheNextTurn) {
  TokenBucket bucket(1'000'000, Instant{0});
  bucket.debit(5000);
  EXPECT_EQ(bucket.wait_for(1000).us, 6000);
  bucket.debit(-5000);
  EXPECT_EQ(bucket.wait_for(1000).us, 1000);
}

}  // namespace
}  // namespace skep::net
