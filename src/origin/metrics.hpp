/// metrics.hpp: what `skep serve` counts, and a picture of it for people and for Prometheus.
/// CONTRACT  Metrics holds what only grows; whoever owns servers and trackers adds what they know
///           (gauges) and gets a MetricsSnapshot: plain data. Printing is pure. Time is an
///           argument. What peers report about themselves is bounded by tracker/reported.hpp, and
///           still is what strangers say.
/// SPEC      docs/serve.md, "Metrics"; Prometheus text exposition format 0.0.4
/// LIMITS    kErrorsKept, kHistorySamples, those of TopFiles
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "origin/top_files.hpp"
#include "tracker/tracker.hpp"

namespace skep::origin {

/// What an answer was about.
enum class AnswerKind : std::uint8_t {
  other,     ///< errors, redirects, health, metrics, the admin page
  site,      ///< the site's own files
  runtime,   ///< skep.js, skep-sw.js, .well-known/skep/rt/…
  pointer,   ///< .well-known/skep/latest
  torrent,   ///< .well-known/skep/<info-hash>.torrent
  web_seed,  ///< BEP 19
};
inline constexpr std::size_t kAnswerKinds = 6;
std::string_view name_of(AnswerKind kind);
/// By a file's path below the root.
AnswerKind kind_of_path(std::string_view path);

/// Errors a person can read after the fact; older ones are in the log.
inline constexpr std::size_t kErrorsKept = 64;
/// One hour of charts: a sample every 20 s.
inline constexpr std::size_t kHistorySamples = 180;
inline constexpr std::int64_t kHistoryStepSeconds = 20;
inline constexpr std::size_t kTopFilesShown = 50;
/// Swarms by name in a picture, lowest hash first: more would make every scrape slow.
inline constexpr std::size_t kSwarmsShown = 256;

struct LoggedError {
  std::int64_t unix_s = 0;
  std::string text;
};

/// Everything that grew within one step of the history, and what was there at its end.
struct HistorySample {
  std::int64_t unix_s = 0;  ///< its end
  std::uint64_t requests = 0;
  std::uint64_t bytes_sent = 0;        ///< by this server
  std::uint64_t peers_downloaded = 0;  ///< reported by peers
  std::uint64_t errors = 0;            ///< answers with 5xx, and logged errors
  std::uint64_t peers = 0;
  std::uint64_t connections = 0;
};

struct SwarmPicture {
  std::string info_hash;  ///< 40 hex digits
  std::uint64_t complete = 0;
  std::uint64_t incomplete = 0;
  std::uint64_t downloads = 0;   ///< completed
  std::uint64_t uploaded = 0;    ///< bytes, reported by peers
  std::uint64_t downloaded = 0;  ///< bytes from peers, reported by peers
};

struct MetricsSnapshot {
  std::string version;
  std::int64_t unix_s = 0;
  std::int64_t uptime_s = 0;
  std::map<int, std::uint64_t> requests_by_status;
  std::array<std::uint64_t, kAnswerKinds> requests_by_kind{};
  std::array<std::uint64_t, kAnswerKinds> bytes_by_kind{};
  std::uint64_t engine_bytes = 0;  ///< of these, to Skep's own engines (`Skep: engine`)
  std::uint64_t cut_answers = 0;
  std::uint64_t errors = 0;
  std::uint64_t requests_per_s = 0;   ///< mean of the last ten seconds
  std::uint64_t announces_per_s = 0;  ///< likewise
  std::vector<FileCount> top_files;
  std::vector<LoggedError> recent_errors;  ///< newest last
  std::vector<HistorySample> history;      ///< oldest first

  // Gauges and counters of others.
  std::uint64_t connections = 0;
  std::uint64_t connections_refused = 0;
  std::uint64_t websockets = 0;
  std::uint64_t tls_handshakes_failed = 0;
  std::map<std::string, std::uint64_t> limited;  ///< refusals by the limit that was reached
  tracker::Totals tracker;
  std::uint64_t tracker_connections = 0;
  std::uint64_t peers = 0;
  std::uint64_t offers_outstanding = 0;
  std::vector<SwarmPicture> swarms;
};

class Metrics {
 public:
  void count_answer(AnswerKind kind, int status, std::uint64_t body_bytes, bool complete,
                    bool to_engine, std::string_view path);
  /// An error that a person should see.
  void note_error(std::int64_t unix_s, std::string_view text);
  /// Once a second, with the gauges of that moment filled in.
  void tick(const MetricsSnapshot& gauges);
  /// Adds what is counted here to `gauges`.
  void fill(MetricsSnapshot& gauges) const;

 private:
  struct Ring {  ///< how much a counter grew over the last ten seconds
    std::array<std::uint64_t, 11> values{};
    std::size_t ticks = 0;
    void push(std::uint64_t total);
    std::uint64_t per_s() const;
  };

  std::array<std::uint64_t, 600> by_status_{};
  std::array<std::uint64_t, kAnswerKinds> requests_{};
  std::array<std::uint64_t, kAnswerKinds> bytes_{};
  std::uint64_t engine_bytes_ = 0;
  std::uint64_t cut_ = 0;
  std::uint64_t errors_ = 0;
  TopFiles files_;
  std::deque<LoggedError> recent_errors_;
  Ring request_rate_;
  Ring announce_rate_;
  std::deque<HistorySample> history_;
  HistorySample step_begin_;  ///< totals when the current step began
};

/// Prometheus text format. Names and labels: docs/serve.md.
std::string print_prometheus(const MetricsSnapshot& snapshot);
/// The same, for the admin page: docs/serve.md.
std::string metrics_json(const MetricsSnapshot& snapshot);

}  // namespace skep::origin
