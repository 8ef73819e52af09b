#include "engine/meter.hpp"

#include <algorithm>

namespace skep::engine {

void Meter::add(base::Instant now, std::uint64_t bytes) {
  const std::int64_t number = now.us / kBucketUs;
  if (total_ == 0) {
    first_ = now;
    newest_ = number;
  }
  if (number - newest_ >= static_cast<std::int64_t>(kBuckets)) {
    bucket_.fill(0);
    newest_ = number;
  }
  while (newest_ < number) {
    ++newest_;
    bucket_[static_cast<std::size_t>(newest_) % kBuckets] = 0;
  }
  bucket_[static_cast<std::size_t>(newest_) % kBuckets] += bytes;
  total_ += bytes;
  last_ = now;
}

std::uint64_t Meter::rate(base::Instant now) const {
  if (total_ == 0) return 0;
  const std::int64_t number = now.us / kBucketUs;
  const auto span = static_cast<std::int64_t>(kBuckets);
  std::uint64_t sum = 0;
  for (std::int64_t n = std::max<std::int64_t>(number - span + 1, 0); n <= newest_; ++n)
    if (n > newest_ - span) sum += bucket_[static_cast<std::size_t>(n) % kBuckets];
  // The oldest bucket of the window is whole, the newest as old as the time inside of it.
  const std::int64_t window = (span - 1) * kBucketUs + now.us % kBucketUs + 1;
  const std::int64_t lived = std::max<std::int64_t>((now - first_).us, kBucketUs / 2);
  return sum * 1'000'000 / static_cast<std::uint64_t>(std::min(window, lived));
}

}  // namespace skep::engine
