// The origin: one shaped line, requests served in turns, faults.
#include "engine/testing/world.hpp"

#include <algorithm>

namespace skep::engine::testing {

void World::act_http(Node& n, const HttpGet& get) {
  n.https.insert(get.http);
  n.gets.push_back(get);
  const int number = ++http_requests;
  for (auto& [id, f] : n.fetches)
    if (f.file == get.file && !f.over() && f.first_http == base::Instant{}) f.first_http = now();
  const std::uint64_t size = site_.files[get.file.value].size();
  if (get.begin >= get.end || get.end > size) complain(n, "HTTP range outside of the file");
  if (get.whole && (get.begin != 0 || get.end != size)) complain(n, "whole, but not all of it");
  Response r{n.index, n.generation, get.http, get, fault ? fault(get, number) : HttpFault{}, 0, 0,
             0};
  if (r.fault.silent) return;
  events_.after(origin_latency, [this, r, size]() mutable {
    if (!waits(r)) return;
    if (r.fault.status != 0) {
      input(r.node, HttpStarted{r.http, static_cast<std::uint16_t>(r.fault.status), 0, 0});
      return input(r.node, HttpEnded{r.http, true});
    }
    const bool whole = r.get.whole || r.fault.ignore_range;
    r.at = whole ? 0
                 : static_cast<std::uint64_t>(std::max<std::int64_t>(
                       0, static_cast<std::int64_t>(r.get.begin) + r.fault.shift_begin));
    r.end = whole ? size : r.get.end;
    const auto told =
        static_cast<std::uint64_t>(static_cast<std::int64_t>(size) + r.fault.lie_size);
    input(r.node, HttpStarted{r.http, static_cast<std::uint16_t>(whole ? 200 : 206), r.at, told});
    responses_.push_back(r);
    pump_origin();
  });
}

bool World::waits(const Response& r) {
  Node& n = node(r.node);
  return n.generation == r.generation && n.https.contains(r.http);
}

void World::pump_origin() {
  if (origin_busy_) return;
  while (!responses_.empty() && !waits(responses_.front())) responses_.pop_front();
  if (responses_.empty()) return;
  Response r = responses_.front();
  responses_.pop_front();
  std::uint64_t count = r.end > r.at ? std::min(kQuantum, r.end - r.at) : 0;
  bool cut = false;
  if (r.fault.cut_after >= 0 && r.sent + count >= static_cast<std::uint64_t>(r.fault.cut_after)) {
    count = static_cast<std::uint64_t>(r.fault.cut_after) - r.sent;
    cut = true;
  }
  Bytes bytes = base::to_bytes(site_.bytes(r.get.file, r.at, count));
  if (r.fault.wrong_bytes)
    for (std::uint64_t i = 0; i < count; ++i)
      if ((r.at + i) % 10'000 == 0) bytes[i] ^= 1;
  origin_sent += count;
  r.at += count;
  r.sent += count;
  origin_busy_ = true;
  events_.after(
      time_for(std::max<std::uint64_t>(count, 1), origin_rate), [this, r, cut, bytes]() mutable {
        origin_busy_ = false;
        Node& n = node(r.node);
        const bool over = cut || r.at >= r.end;
        if (n.alive && waits(r)) {
          n.down_free = std::max(n.down_free, now()) + time_for(bytes.size(), n.options.down_rate);
          if (over && r.fault.extra > 0) bytes.resize(bytes.size() + r.fault.extra, 0x55);
          const bool ok = !cut || r.fault.cut_says_ok;
          events_.at(std::max(n.down_free, now() + origin_latency), [this, r, bytes, over, ok] {
            if (!waits(r)) return;
            if (!bytes.empty()) input(r.node, HttpBytes{r.http, bytes});
            if (over && node(r.node).https.erase(r.http) > 0) input(r.node, HttpEnded{r.http, ok});
          });
          if (!over) responses_.push_back(r);
        }
        pump_origin();
      });
}

}  // namespace skep::engine::testing
