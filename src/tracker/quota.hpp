/// quota.hpp: token buckets: how much one connection may do.
/// CONTRACT  a value; `now` never decreases. Starts full.
/// WHY       counted in millionths of a token, so that refilling in microseconds loses nothing and
///           no floating point decides.
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "tracker/config.hpp"

namespace skep::tracker {

class TokenBucket {
 public:
  TokenBucket(Rate rate, base::Instant now);

  /// Takes `count` tokens, or none and returns false when there are fewer.
  bool take(base::Instant now, std::uint64_t count);
  /// Whole tokens there are now.
  std::uint64_t available(base::Instant now);

 private:
  void refill(base::Instant now);

  Rate rate_;
  std::uint64_t millionths_;
  base::Instant refilled_at_;
};

/// What one connection may do, and what may be done to it.
struct Quota {
  Quota(const Config& config, base::Instant now)
      : messages(config.messages, now),
        bytes(config.bytes, now),
        offers(config.offers, now),
        offers_received(config.offers_received, now) {}

  TokenBucket messages;
  TokenBucket bytes;
  TokenBucket offers;
  TokenBucket offers_received;
};

}  // namespace skep::tracker
