/// token_bucket.hpp: an upload rate cap: bytes may be sent as tokens drip in.
/// CONTRACT  a value; `now` never decreases. A rate of zero means no cap.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/limits.hpp"
#include "base/time.hpp"

namespace skep::engine {

class TokenBucket {
 public:
  void set_rate(base::Instant now, std::uint64_t bytes_per_s) {
    refill(now);
    rate_ = bytes_per_s;
    tokens_ = std::min(tokens_, burst());
  }
  std::uint64_t rate() const { return rate_; }

  /// Takes `bytes` if a whole block's worth of tokens is there (a debt is never made).
  bool take(base::Instant now, std::uint64_t bytes) {
    if (rate_ == 0) return true;
    refill(now);
    if (tokens_ < bytes) return false;
    tokens_ -= bytes;
    return true;
  }
  /// When `bytes` will be there. REQUIRES bytes <= kBlockSize.
  base::Instant ready_at(base::Instant now, std::uint64_t bytes) {
    if (rate_ == 0) return now;
    refill(now);
    if (tokens_ >= bytes) return now;
    return now +
           base::microseconds(static_cast<std::int64_t>((bytes - tokens_) * 1'000'000 / rate_ + 1));
  }

 private:
  /// A quarter of a second, but never less than two blocks, or nothing could ever be sent.
  std::uint64_t burst() const { return std::max<std::uint64_t>(rate_ / 4, 2 * base::kBlockSize); }
  void refill(base::Instant now) {
    const auto passed = static_cast<std::uint64_t>((now - at_).us);
    // An hour fills every bucket; more would overflow with absurd rates.
    const std::uint64_t capped = std::min<std::uint64_t>(passed, 3'600'000'000);
    const std::uint64_t drops = capped * std::min<std::uint64_t>(rate_, 4'000'000'000) / 1'000'000;
    if (drops == 0 && rate_ != 0) return;  // keep the fraction: time is not consumed
    tokens_ = std::min(tokens_ + drops, burst());
    at_ = now;
  }

  std::uint64_t rate_ = 0;
  std::uint64_t tokens_ = 0;
  base::Instant at_{};
};

}  // namespace skep::engine
