#include "engine/testing/report.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/assert.hpp"
#include "engine/candidate_table.hpp"
#include "engine/http_table.hpp"
#include "engine/piece_cache.hpp"
#include "engine/torrent_table.hpp"

namespace skep::engine::testing {
namespace {

constexpr base::Duration kLookEvery = base::seconds(1);

std::uint64_t thousandths(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : part * 1000 / whole;
}

}  // namespace

Watch::Watch(World& world, const WatchRules& rules) : world_(world), rules_(rules) { look(); }

void Watch::look() {
  for (int i = 0; i < static_cast<int>(world_.size()); ++i)
    if (world_.node(i).alive) look_at(world_.node(i));
  const base::Instant next = world_.now() + kLookEvery;
  if (next <= rules_.until) world_.at(next, [this] { look(); });
}

void Watch::look_at(Node& n) {
  const Census c = n.engine->census();
  const Config& config = n.config;
  const auto bounded = [&](std::size_t value, std::size_t most, const char* what) {
    if (value > most)
      world_.complain(n, std::string(what) + ": " + std::to_string(value) + " of at most " +
                             std::to_string(most));
  };
  bounded(c.peers, config.links_max, "links");
  bounded(c.blocks_in_flight, c.peers * config.pipeline_max_blocks, "blocks in flight");
  bounded(c.uploads_queued, c.peers * base::kPeerRequestsQueuedMax, "requests queued");
  bounded(c.suspects, kSuspectsMax, "suspects");
  bounded(c.https, kHttpJobsMax, "HTTP requests");
  bounded(c.loads, kLoadsMax, "loads");
  bounded(c.dialling, kDialsAtOnceMax, "dials");
  bounded(c.candidates, kCandidatesMax, "candidates");
  bounded(c.bans, kBansMax, "bans");
  bounded(c.cache_bytes, kCacheBytesMax, "bytes in the cache");
  uploads_peak = std::max(uploads_peak, c.uploads_queued);

  const std::uint64_t woken = n.wakeups - wakeups_[n.index];
  wakeups_[n.index] = n.wakeups;
  wakeups_peak = std::max(wakeups_peak, woken);
  bounded(woken, rules_.wakeups_max, "wake-ups in a second");

  base::Instant newest{};
  bool waiting = false;
  for (const auto& [id, f] : n.fetches) {
    newest = std::max(newest, f.over() ? f.done : f.asked);
    waiting = waiting || !f.over();
  }
  if (!waiting) return;
  const base::Duration wait = world_.now() - std::max(newest, n.last_write);
  longest_wait = std::max(longest_wait, wait);
  if (wait > rules_.starved_max)
    world_.complain(n, "starved for " + std::to_string(wait.us / 1000) + " ms");
}

FluidCrowd fluid_crowd(World& world, std::uint64_t bytes) {
  FluidCrowd crowd{bytes, world.origin_rate, {}, {}};
  for (int i = 0; i < static_cast<int>(world.size()); ++i) {
    const NodeOptions& o = world.node(i).options;
    if (!o.seeding && world.node(i).fetches.empty()) continue;
    const std::uint64_t up = o.upload && o.use_peers ? o.up_rate : 0;
    if (o.seeding && o.stalls_at != base::kNever) {
      crowd.stallers.push_back({up, o.stalls_at});
    } else if (o.seeding) {
      crowd.sources += up;
    } else {
      std::uint64_t took = 0;
      for (const auto& [file, offsets] : world.node(i).stored)
        took += offsets.size() * world.site().piece_length;
      crowd.visitors.push_back({up, o.down_rate, o.joins, o.leaves, took});
    }
  }
  return crowd;
}

Report measure(World& world, const Watch& watch, std::string name, std::uint64_t seed) {
  Report r;
  r.name = std::move(name);
  r.seed = seed;
  r.trace = world.trace;
  r.copies = thousandths(world.origin_sent, world.site().total);
  r.longest_wait_ms = static_cast<std::uint64_t>(watch.longest_wait.us / 1000);
  r.wakeups_peak = watch.wakeups_peak;
  std::vector<std::int64_t> took;
  base::Instant first = base::kNever;
  base::Instant last{};
  std::uint64_t from_http = 0;
  std::uint64_t fetched = 0;
  std::uint64_t wasted = 0;
  for (int i = 0; i < static_cast<int>(world.size()); ++i) {
    Node& n = world.node(i);
    if (n.fetches.empty()) continue;
    first = std::min(first, n.options.joins);
    if (!n.alive) continue;
    ++r.visitors;
    for (const auto& [id, f] : n.fetches) {
      if (!f.result) continue;
      took.push_back((f.done - f.asked).us / 1000);
      last = std::max(last, f.done);
    }
    world.input(i, StatsRequested{});
    from_http += n.stats->from_http;
    fetched += n.stats->from_http + n.stats->from_peers;
    wasted += n.stats->wasted;
  }
  if (took.empty()) return r;
  r.p50_ms = percentile(took, 50);
  r.p99_ms = percentile(took, 99);
  r.last_ms = (last - first).us / 1000;
  r.http = thousandths(from_http, fetched);
  r.wasted = thousandths(wasted, fetched + wasted);
  r.optimum_ms = (fluid_optimum(fluid_crowd(world, world.site().total)) - first).us / 1000;
  r.ratio = thousandths(static_cast<std::uint64_t>(r.last_ms),
                        static_cast<std::uint64_t>(std::max<std::int64_t>(r.optimum_ms, 1)));
  return r;
}

void print(const Report& r) {
  static bool headed = false;
  if (!headed)
    std::printf("%-26s %4s %5s %7s %6s %6s %8s %8s %8s %8s %6s %7s %6s %16s\n", "scenario", "seed",
                "nodes", "copies", "http%", "waste%", "p50 ms", "p99 ms", "last ms", "fluid ms",
                "ratio", "wait ms", "wakes", "trace");
  headed = true;
  const auto share = [](std::uint64_t x) { return static_cast<double>(x) / 1000; };
  std::printf(
      "%-26s %4llu %5zu %7.2f %6.1f %6.1f %8lld %8lld %8lld %8lld %6.2f %7llu %6llu %016llx\n",
      r.name.c_str(), static_cast<unsigned long long>(r.seed), r.visitors, share(r.copies),
      share(r.http) * 100, share(r.wasted) * 100, static_cast<long long>(r.p50_ms),
      static_cast<long long>(r.p99_ms), static_cast<long long>(r.last_ms),
      static_cast<long long>(r.optimum_ms), share(r.ratio),
      static_cast<unsigned long long>(r.longest_wait_ms),
      static_cast<unsigned long long>(r.wakeups_peak), static_cast<unsigned long long>(r.trace));
}

bool reports_wanted() { return std::getenv("SKEP_REPORT") != nullptr; }

std::uint64_t seeds_to_run(std::uint64_t usual) {
  const char* text = std::getenv("SKEP_SEEDS");
  if (text == nullptr) return usual;
  const std::uint64_t asked = std::strtoull(text, nullptr, 10);
  return asked > 0 ? asked : usual;
}

std::int64_t percentile(std::vector<std::int64_t>& values, unsigned percent) {
  SKEP_ASSERT(!values.empty() && percent <= 100);
  std::sort(values.begin(), values.end());
  return values[(values.size() - 1) * percent / 100];
}

}  // namespace skep::engine::testing
