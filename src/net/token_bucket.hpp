/// token_bucket.hpp: how many bytes may go out now, at a given rate.
/// CONTRACT  pure: time is an argument and never decreases. In steady use up to kCatchUp of unused
///           time is kept, since a late timer must not cost rate; after an idle gap at most
///           kIdleBurstBytes are there. The balance may go below zero by a debit.
/// WHY       tests shape an origin to 20 Mbit/s in all: kernel shapers (tbf) need root and
///           interfaces.
/// LIMITS    kCatchUp bounds what a stalled process may send at once when it wakes.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.hpp"

namespace skep::net {

class TokenBucket {
 public:
  /// 16 KiB: small beside what any test measures.
  static constexpr std::int64_t kIdleBurstBytes = 16 * 1024;
  /// Longer than any timer is late on a busy machine; shorter than what a reader would notice.
  static constexpr base::Duration kCatchUp = base::milliseconds(100);  // a tenth, see advance()
  /// Without a request for so long, the bucket was idle.
  static constexpr base::Duration kIdleGap = base::milliseconds(50);

  TokenBucket(std::int64_t bytes_per_s, base::Instant now)
      : bytes_per_s_(std::max<std::int64_t>(bytes_per_s, 1)), last_(now) {}

  /// Adds what time has earned since the last call. `someone_waits`: the gap is ours, not theirs.
  void advance(base::Instant now, bool someone_waits) {
    const std::int64_t elapsed_us = std::max<std::int64_t>(now.us - last_.us, 0);
    last_ = now;
    // A thousand seconds earn no more than the caps below allow, and cannot overflow.
    const std::int64_t earned_micros =
        std::min<std::int64_t>(elapsed_us, 1'000'000) * bytes_per_s_ + remainder_;
    balance_ += earned_micros / kMicro;
    remainder_ = earned_micros % kMicro;
    const bool idle = !someone_waits && elapsed_us > kIdleGap.us;
    const std::int64_t kept = kIdleBurstBytes + bytes_per_s_ / 10;  // kCatchUp
    balance_ = std::min(balance_, idle ? kIdleBurstBytes : kept);
  }

  /// Takes `bytes` if they are there.
  bool take(std::int64_t bytes) {
    if (balance_ < bytes) return false;
    balance_ -= bytes;
    return true;
  }
  /// Takes or (with a negative number) gives back without asking.
  void debit(std::int64_t bytes) { balance_ -= bytes; }

  /// Time until `bytes` are there.
  base::Duration wait_for(std::int64_t bytes) const {
    const std::int64_t missing = bytes - balance_;
    if (missing <= 0) return {};
    return base::microseconds((missing * kMicro - remainder_ + bytes_per_s_ - 1) / bytes_per_s_);
  }

 private:
  static constexpr std::int64_t kMicro = 1'000'000;
  std::int64_t bytes_per_s_;
  base::Instant last_;
  std::int64_t balance_ = 0;
  std::int64_t remainder_ = 0;  ///< millionths of a byte
};

}  // namespace skep::net
