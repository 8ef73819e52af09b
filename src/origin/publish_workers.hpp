/// publish_workers.hpp: the same work over many files, on several threads.
/// CONTRACT  run() returns when everything is done; the first exception stops the others and is
///           thrown again in the caller. `work` is called concurrently with distinct indices, in
///           ascending order of start; `worker` (0 to threads-1) tells whose buffer to use.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>

namespace skep::origin {

/// `requested`, or what the machine has when it is 0.
unsigned thread_count(unsigned requested);

void run_parallel(std::size_t count, unsigned threads,
                  const std::function<void(std::size_t index, unsigned worker)>& work);

/// What a person watches: which stage, and how far. done and total are bytes.
using ProgressSink =
    std::function<void(std::string_view stage, std::uint64_t done, std::uint64_t total)>;

/// Counts one stage's bytes from several threads and tells the sink, one call at a time.
class StageProgress {
 public:
  StageProgress(const ProgressSink& sink, std::string_view stage, std::uint64_t total)
      : sink_(sink), stage_(stage), total_(total) {
    add(0);
  }
  void add(std::uint64_t bytes) {
    if (!sink_) return;
    const std::lock_guard guard(mutex_);
    done_ += bytes;
    sink_(stage_, done_, total_);
  }

 private:
  const ProgressSink& sink_;
  std::string_view stage_;
  std::uint64_t total_;
  std::uint64_t done_ = 0;
  std::mutex mutex_;
};

}  // namespace skep::origin
