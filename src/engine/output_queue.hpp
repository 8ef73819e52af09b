/// output_queue.hpp: what one handle() asks of the world, in order.
/// CONTRACT  drained by poll() before the next handle(). Filling it beyond its bound is our bug.
/// LIMITS    kOutputsMax.
#pragma once

#include <deque>
#include <optional>
#include <utility>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "engine/io.hpp"

namespace skep::engine {

/// The most one input can cause: every fetch fails, each with its file's end, and links close.
inline constexpr std::size_t kOutputsMax = 3 * base::kFetchesMax + 4096;

class OutputQueue {
 public:
  bool empty() const { return queue_.empty(); }
  std::size_t size() const { return queue_.size(); }
  void push(Output output) {
    SKEP_ASSERT(queue_.size() < kOutputsMax);
    queue_.push_back(std::move(output));
  }
  std::optional<Output> pop() {
    if (queue_.empty()) return std::nullopt;
    Output first = std::move(queue_.front());
    queue_.pop_front();
    return first;
  }

 private:
  std::deque<Output> queue_;
};

}  // namespace skep::engine
