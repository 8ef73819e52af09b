/// meter.hpp: how fast something flows, in whole bytes per second.
/// CONTRACT  a value; `now` never decreases between calls. Rates are over a sliding window of two
///           seconds, or since the first byte while that is shorter.
/// WHY       integer buckets instead of an average with a decay: the same number on every host.
#pragma once

#include <array>
#include <cstdint>

#include "base/time.hpp"

namespace skep::engine {

class Meter {
 public:
  void add(base::Instant now, std::uint64_t bytes);
  /// Bytes per second at `now`.
  std::uint64_t rate(base::Instant now) const;
  std::uint64_t total() const { return total_; }
  /// When the last byte was counted; time zero when none was.
  base::Instant last() const { return last_; }

 private:
  static constexpr std::int64_t kBucketUs = 250'000;
  static constexpr std::size_t kBuckets = 8;

  std::array<std::uint64_t, kBuckets> bucket_{};
  std::int64_t newest_ = 0;  ///< number of the newest bucket: time / kBucketUs
  std::uint64_t total_ = 0;
  base::Instant first_{};
  base::Instant last_{};
};

}  // namespace skep::engine
