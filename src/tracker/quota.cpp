#include "tracker/quota.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace skep::tracker {
namespace {

constexpr std::uint64_t kMillion = 1'000'000;

}  // namespace

TokenBucket::TokenBucket(Rate rate, base::Instant now)
    : rate_(rate), millionths_(rate.burst * kMillion), refilled_at_(now) {
  SKEP_ASSERT(rate.burst <= UINT64_MAX / (4 * kMillion) && rate.per_s <= rate.burst * kMillion);
}

void TokenBucket::refill(base::Instant now) {
  SKEP_ASSERT(now >= refilled_at_);
  const auto elapsed_us = static_cast<std::uint64_t>((now - refilled_at_).us);
  refilled_at_ = now;
  const std::uint64_t full = rate_.burst * kMillion;
  // One microsecond at per_s tokens a second is per_s millionths.
  const bool overflows = rate_.per_s != 0 && elapsed_us > full / rate_.per_s;
  millionths_ = overflows ? full : std::min(full, millionths_ + elapsed_us * rate_.per_s);
}

bool TokenBucket::take(base::Instant now, std::uint64_t count) {
  if (count > available(now)) return false;
  millionths_ -= count * kMillion;
  return true;
}

std::uint64_t TokenBucket::available(base::Instant now) {
  refill(now);
  return millionths_ / kMillion;
}

}  // namespace skep::tracker
