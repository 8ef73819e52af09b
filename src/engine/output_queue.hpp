/// output_queue.hpp: what one handle() asks of the world, in order.
/// CONTRACT  drained by poll() before the next handle(). Filling it beyond its bound is our bug.
/// LIMITS    kOutputsMax.
#pragma once

#include <optional>
#include <utility>
#include <vector>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "engine/io.hpp"

namespace skep::engine {

/// The most one input can cause: every fetch fails, each with its file's end, and links close.
inline constexpr std::size_t kOutputsMax = 3 * base::kFetchesMax + 4096;

class OutputQueue {
 public:
  bool empty() const { return queue_.empty(); }
  std::size_t size() const { return queue_.size() - first_; }
  void push(Output output) {
    SKEP_ASSERT(queue_.size() < kOutputsMax);
    queue_.push_back(std::move(output));
  }
  std::optional<Output> pop() {
    if (queue_.empty()) return std::nullopt;
    std::optional<Output> first(std::move(queue_[first_]));
    if (++first_ == queue_.size()) {
      queue_.clear();
      first_ = 0;
    }
    return first;
  }

 private:
  std::vector<Output> queue_;  // filled, then drained: needs no ring
  std::size_t first_ = 0;      ///< those before were taken
};

}  // namespace skep::engine
