// metrics_print.cpp: a snapshot as Prometheus text and as JSON.
#include <nlohmann/json.hpp>

#include "origin/metrics.hpp"

namespace skep::origin {
namespace {

/// One metric after another: HELP and TYPE once, then its samples.
class Page {
 public:
  void metric(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_.append("# HELP ").append(name).append(" ").append(help).append("\n");
    text_.append("# TYPE ").append(name).append(" ").append(type).append("\n");
  }
  /// `labels`: `a="b",c="d"`, or nothing. Their values need no escapes: they are ours, or hex.
  void sample(std::uint64_t value, std::string_view labels = {}) {
    text_ += name_;
    if (!labels.empty()) text_.append("{").append(labels).append("}");
    text_.append(" ").append(std::to_string(value)).append("\n");
  }
  void one(std::string_view name, std::string_view type, std::string_view help,
           std::uint64_t value) {
    metric(name, type, help);
    sample(value);
  }
  std::string take() { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

std::string label(std::string_view name, std::string_view value) {
  return std::string(name) + "=\"" + std::string(value) + "\"";
}

void print_http(Page& page, const MetricsSnapshot& s) {
  page.metric("skep_requests_total", "counter", "Finished HTTP requests by status.");
  for (const auto& [status, count] : s.requests_by_status)
    page.sample(count, label("status", std::to_string(status)));
  page.metric("skep_answers_total", "counter", "Finished HTTP requests by what they were about.");
  for (std::size_t i = 0; i < kAnswerKinds; ++i)
    page.sample(s.requests_by_kind[i], label("kind", name_of(static_cast<AnswerKind>(i))));
  page.metric("skep_sent_bytes_total", "counter", "Body bytes sent by what they were about.");
  for (std::size_t i = 0; i < kAnswerKinds; ++i)
    page.sample(s.bytes_by_kind[i], label("kind", name_of(static_cast<AnswerKind>(i))));
  page.one("skep_engine_sent_bytes_total", "counter",
           "Body bytes sent to the engines of visitors (also counted above).", s.engine_bytes);
  page.one("skep_cut_answers_total", "counter", "Answers that ended early, by either side.",
           s.cut_answers);
  page.one("skep_errors_total", "counter", "Answers with 5xx and logged errors.", s.errors);
  page.one("skep_connections", "gauge", "Open connections, WebSockets included.", s.connections);
  page.one("skep_connections_refused_total", "counter", "Connections beyond a limit.",
           s.connections_refused);
  page.one("skep_websockets", "gauge", "Open WebSockets.", s.websockets);
  page.one("skep_tls_handshakes_failed_total", "counter", "TLS handshakes that failed.",
           s.tls_handshakes_failed);
  page.metric("skep_limited_total", "counter", "Refusals by the limit that was reached.");
  for (const auto& [name, count] : s.limited) page.sample(count, label("limit", name));
}

void print_tracker(Page& page, const MetricsSnapshot& s) {
  page.one("skep_tracker_announces_total", "counter", "Announces.", s.tracker.announces);
  page.one("skep_tracker_offers_relayed_total", "counter", "Offers sent on to a peer.",
           s.tracker.offers_relayed);
  page.one("skep_tracker_answers_relayed_total", "counter", "Answers sent on to who offered.",
           s.tracker.answers_relayed);
  page.one("skep_tracker_candidates_relayed_total", "counter",
           "Messages with candidates sent on, to targeted offers.", s.tracker.candidates_relayed);
  page.one("skep_tracker_answers_dropped_total", "counter", "Late or unasked answers.",
           s.tracker.answers_dropped);
  page.one("skep_tracker_refused_total", "counter", "Failure replies.", s.tracker.refused);
  page.one("skep_tracker_closed_total", "counter", "Connections closed for abuse or bad messages.",
           s.tracker.closed);
  page.one("skep_tracker_connections", "gauge", "Connected clients.", s.tracker_connections);
  page.one("skep_tracker_offers_outstanding", "gauge", "Offers that wait for an answer.",
           s.offers_outstanding);
  page.one("skep_tracker_reported_uploaded_bytes_total", "counter",
           "Bytes that peers say they gave to peers.", s.tracker.reported_uploaded);
  page.one("skep_tracker_reported_downloaded_bytes_total", "counter",
           "Bytes that peers say they got from peers.", s.tracker.reported_downloaded);
  page.metric("skep_tracker_peers", "gauge", "Peers by swarm.");
  for (const SwarmPicture& swarm : s.swarms) {
    const std::string hash = label("info_hash", swarm.info_hash);
    page.sample(swarm.complete, hash + ",state=\"complete\"");
    page.sample(swarm.incomplete, hash + ",state=\"incomplete\"");
  }
  page.metric("skep_tracker_downloads_total", "counter", "Completed downloads by swarm.");
  for (const SwarmPicture& swarm : s.swarms)
    page.sample(swarm.downloads, label("info_hash", swarm.info_hash));
}

nlohmann::json by_kind(const std::array<std::uint64_t, kAnswerKinds>& values) {
  nlohmann::json out = nlohmann::json::object();
  for (std::size_t i = 0; i < kAnswerKinds; ++i)
    out[std::string(name_of(static_cast<AnswerKind>(i)))] = values[i];
  return out;
}

nlohmann::json tracker_json_of(const MetricsSnapshot& s) {
  nlohmann::json swarms = nlohmann::json::array();
  for (const SwarmPicture& swarm : s.swarms)
    swarms.push_back({{"info_hash", swarm.info_hash},
                      {"complete", swarm.complete},
                      {"incomplete", swarm.incomplete},
                      {"downloads", swarm.downloads},
                      {"reported_uploaded", swarm.uploaded},
                      {"reported_downloaded", swarm.downloaded}});
  return {{"connections", s.tracker_connections},
          {"peers", s.peers},
          {"announces", s.tracker.announces},
          {"announces_per_s", s.announces_per_s},
          {"offers_relayed", s.tracker.offers_relayed},
          {"answers_relayed", s.tracker.answers_relayed},
          {"candidates_relayed", s.tracker.candidates_relayed},
          {"answers_dropped", s.tracker.answers_dropped},
          {"refused", s.tracker.refused},
          {"closed", s.tracker.closed},
          {"reported_uploaded", s.tracker.reported_uploaded},
          {"reported_downloaded", s.tracker.reported_downloaded},
          {"swarms", std::move(swarms)}};
}

}  // namespace

std::string print_prometheus(const MetricsSnapshot& snapshot) {
  Page page;
  page.metric("skep_build_info", "gauge", "Always 1; the version is the label.");
  page.sample(1, label("version", snapshot.version));
  page.one("skep_uptime_seconds", "gauge", "Since the server began.",
           static_cast<std::uint64_t>(snapshot.uptime_s));
  print_http(page, snapshot);
  print_tracker(page, snapshot);
  return page.take();
}

std::string metrics_json(const MetricsSnapshot& s) {
  nlohmann::json status = nlohmann::json::object();
  for (const auto& [code, count] : s.requests_by_status) status[std::to_string(code)] = count;
  nlohmann::json files = nlohmann::json::array();
  for (const FileCount& file : s.top_files)
    files.push_back({{"path", file.path},
                     {"requests", file.requests},
                     {"error", file.error},
                     {"bytes", file.bytes}});
  nlohmann::json errors = nlohmann::json::array();
  for (const LoggedError& error : s.recent_errors)
    errors.push_back({{"unix_s", error.unix_s}, {"text", error.text}});
  nlohmann::json history = nlohmann::json::array();
  for (const HistorySample& at : s.history)
    history.push_back({{"unix_s", at.unix_s},
                       {"requests", at.requests},
                       {"bytes_sent", at.bytes_sent},
                       {"peers_downloaded", at.peers_downloaded},
                       {"errors", at.errors},
                       {"peers", at.peers},
                       {"connections", at.connections}});
  const nlohmann::json out = {{"version", s.version},
                              {"unix_s", s.unix_s},
                              {"uptime_s", s.uptime_s},
                              {"requests_by_status", std::move(status)},
                              {"requests_by_kind", by_kind(s.requests_by_kind)},
                              {"bytes_by_kind", by_kind(s.bytes_by_kind)},
                              {"engine_bytes", s.engine_bytes},
                              {"cut_answers", s.cut_answers},
                              {"requests_per_s", s.requests_per_s},
                              {"connections", s.connections},
                              {"connections_refused", s.connections_refused},
                              {"websockets", s.websockets},
                              {"tls_handshakes_failed", s.tls_handshakes_failed},
                              {"limited", s.limited},
                              {"errors", s.errors},
                              {"recent_errors", std::move(errors)},
                              {"top_files", std::move(files)},
                              {"tracker", tracker_json_of(s)},
                              {"history_step_s", kHistoryStepSeconds},
                              {"history", std::move(history)}};
  // Paths come from strangers: what is not UTF-8 becomes U+FFFD instead of an exception.
  return out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace skep::origin
