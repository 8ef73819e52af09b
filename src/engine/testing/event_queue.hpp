/// event_queue.hpp: virtual time: what happens when, in one order for each seed.
/// CONTRACT  events of the same instant run in the order they were added.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "base/assert.hpp"
#include "base/time.hpp"

namespace skep::engine::testing {

class EventQueue {
 public:
  base::Instant now() const { return now_; }
  void at(base::Instant when, std::function<void()> what) {
    SKEP_ASSERT(when >= now_);
    events_.emplace(std::pair{when, ++sequence_}, std::move(what));
  }
  void after(base::Duration delay, std::function<void()> what) {
    at(now_ + delay, std::move(what));
  }
  bool empty() const { return events_.empty(); }
  base::Instant next() const { return events_.begin()->first.first; }
  void run_next() {
    auto node = events_.extract(events_.begin());
    now_ = node.key().first;
    node.mapped()();
  }

 private:
  std::map<std::pair<base::Instant, std::uint64_t>, std::function<void()>> events_;
  base::Instant now_;
  std::uint64_t sequence_ = 0;
};

}  // namespace skep::engine::testing
