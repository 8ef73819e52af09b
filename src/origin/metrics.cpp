#include "origin/metrics.hpp"

#include <algorithm>
#include <numeric>

namespace skep::origin {
namespace {

constexpr std::string_view kWellKnown = ".well-known/skep/";

}  // namespace

std::string_view name_of(AnswerKind kind) {
  constexpr std::array<std::string_view, kAnswerKinds> kNames = {"other",   "site",    "runtime",
                                                                 "pointer", "torrent", "web_seed"};
  return kNames[static_cast<std::size_t>(kind)];
}

AnswerKind kind_of_path(std::string_view path) {
  if (path == "skep.js" || path == "skep-sw.js") return AnswerKind::runtime;
  if (!path.starts_with(kWellKnown)) return AnswerKind::site;
  path.remove_prefix(kWellKnown.size());
  if (path == "latest") return AnswerKind::pointer;
  if (path.ends_with(".torrent")) return AnswerKind::torrent;
  return path.starts_with("rt/") ? AnswerKind::runtime : AnswerKind::other;
}

void Metrics::count_answer(AnswerKind kind, int status, std::uint64_t body_bytes, bool complete,
                           bool to_engine, std::string_view path) {
  const auto at = static_cast<std::size_t>(kind);
  if (status >= 0 && static_cast<std::size_t>(status) < by_status_.size())
    ++by_status_[static_cast<std::size_t>(status)];
  ++requests_[at];
  bytes_[at] += body_bytes;
  if (to_engine) engine_bytes_ += body_bytes;
  if (!complete) ++cut_;
  // 505 is what strangers get who speak something else; it is no fault of the server.
  if (status >= 500 && status != 505) ++errors_;
  if (kind == AnswerKind::site && status < 400) files_.add(path, body_bytes);
}

void Metrics::note_error(std::int64_t unix_s, std::string_view text) {
  ++errors_;
  if (recent_errors_.size() == kErrorsKept) recent_errors_.pop_front();
  recent_errors_.push_back({unix_s, std::string(text.substr(0, 1024))});
}

void Metrics::Ring::push(std::uint64_t total) { values[ticks++ % values.size()] = total; }

std::uint64_t Metrics::Ring::per_s() const {
  if (ticks < 2) return 0;
  const std::size_t steps = std::min(ticks - 1, values.size() - 1);
  const std::uint64_t newest = values[(ticks - 1) % values.size()];
  const std::uint64_t oldest = values[(ticks - 1 - steps) % values.size()];
  return (newest - oldest + steps / 2) / steps;
}

void Metrics::tick(const MetricsSnapshot& gauges) {
  HistorySample now;
  now.unix_s = gauges.unix_s;
  now.requests = std::accumulate(requests_.begin(), requests_.end(), std::uint64_t{0});
  now.bytes_sent = std::accumulate(bytes_.begin(), bytes_.end(), std::uint64_t{0});
  now.peers_downloaded = gauges.tracker.reported_downloaded;
  now.errors = errors_;
  request_rate_.push(now.requests);
  announce_rate_.push(gauges.tracker.announces);
  if (step_begin_.unix_s == 0) step_begin_ = now;
  // A clock that jumps back begins a new step.
  if (now.unix_s < step_begin_.unix_s) step_begin_.unix_s = now.unix_s;
  if (now.unix_s - step_begin_.unix_s < kHistoryStepSeconds) return;
  HistorySample grown = now;
  grown.requests -= step_begin_.requests;
  grown.bytes_sent -= step_begin_.bytes_sent;
  grown.peers_downloaded -= step_begin_.peers_downloaded;
  grown.errors -= step_begin_.errors;
  grown.peers = gauges.peers;
  grown.connections = gauges.connections;
  step_begin_ = now;
  if (history_.size() == kHistorySamples) history_.pop_front();
  history_.push_back(grown);
}

void Metrics::fill(MetricsSnapshot& gauges) const {
  for (std::size_t status = 0; status < by_status_.size(); ++status)
    if (by_status_[status] > 0)
      gauges.requests_by_status[static_cast<int>(status)] = by_status_[status];
  gauges.requests_by_kind = requests_;
  gauges.bytes_by_kind = bytes_;
  gauges.engine_bytes = engine_bytes_;
  gauges.cut_answers = cut_;
  gauges.errors = errors_;
  gauges.requests_per_s = request_rate_.per_s();
  gauges.announces_per_s = announce_rate_.per_s();
  gauges.top_files = files_.top(kTopFilesShown);
  gauges.recent_errors.assign(recent_errors_.begin(), recent_errors_.end());
  gauges.history.assign(history_.begin(), history_.end());
}

}  // namespace skep::origin
