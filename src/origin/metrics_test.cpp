#include "origin/metrics.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace skep::origin {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(TopFiles, KeepsWhatIsAskedForMostWhateverElseComes) {
  TopFiles files;
  for (int i = 0; i < 20'000; ++i) {
    if (i % 10 == 0) files.add("hero.png", 100);
    files.add("rare/" + std::to_string(i), 1);
  }
  const auto top = files.top(3);
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].path, "hero.png");
  EXPECT_GE(top[0].requests, 2000u) << "never too low";
  EXPECT_LE(top[0].requests - top[0].error, 2000u) << "and at most `error` too high";
  EXPECT_EQ(top[0].bytes, 200'000u);
  EXPECT_EQ(files.top(10'000).size(), kFilesCounted) << "bounded";
}

TEST(TopFiles, CountsExactlyWhileThereIsRoom) {
  TopFiles files;
  for (int i = 0; i < 3; ++i) files.add("b", 10);
  files.add("a", 1);
  files.add(std::string(10'000, 'x'), 1);
  const auto top = files.top(10);
  ASSERT_EQ(top.size(), 3u);
  EXPECT_EQ(top[0].path, "b");
  EXPECT_EQ(top[0].requests, 3u);
  EXPECT_EQ(top[0].error, 0u);
  EXPECT_EQ(top[2].path.size(), kCountedPathMax);
}

TEST(Metrics, KindsOfPaths) {
  EXPECT_EQ(kind_of_path("skep.js"), AnswerKind::runtime);
  EXPECT_EQ(kind_of_path(".well-known/skep/rt/runtime.0.js"), AnswerKind::runtime);
  EXPECT_EQ(kind_of_path(".well-known/skep/latest"), AnswerKind::pointer);
  EXPECT_EQ(kind_of_path(".well-known/skep/ab.torrent"), AnswerKind::torrent);
  EXPECT_EQ(kind_of_path("a/b.png"), AnswerKind::site);
}

MetricsSnapshot at(std::int64_t unix_s) {
  MetricsSnapshot out;
  out.unix_s = unix_s;
  return out;
}

TEST(Metrics, RatesAndHistoryFollowTheTicks) {
  Metrics metrics;
  for (std::int64_t second = 0; second <= 60; ++second) {
    for (int i = 0; i < 5; ++i) metrics.count_answer(AnswerKind::site, 200, 10, true, false, "/a");
    MetricsSnapshot gauges = at(1000 + second);
    gauges.peers = 7;
    gauges.tracker.announces = static_cast<std::uint64_t>(second) * 3;
    metrics.tick(gauges);
  }
  MetricsSnapshot out = at(1061);
  metrics.fill(out);
  EXPECT_EQ(out.requests_per_s, 5u);
  EXPECT_EQ(out.announces_per_s, 3u);
  ASSERT_EQ(out.history.size(), 3u);
  EXPECT_EQ(out.history[0].requests, 100u);
  EXPECT_EQ(out.history[2].bytes_sent, 1000u);
  EXPECT_EQ(out.history[2].unix_s, 1060);
  EXPECT_EQ(out.history[2].peers, 7u);
}

TEST(Metrics, NothingGrowsWithoutEnd) {
  Metrics metrics;
  for (int i = 0; i < 5000; ++i) {
    metrics.note_error(i, std::string(5000, 'e'));
    metrics.tick(at(i * kHistoryStepSeconds));
  }
  MetricsSnapshot out;
  metrics.fill(out);
  EXPECT_EQ(out.recent_errors.size(), kErrorsKept);
  EXPECT_EQ(out.recent_errors.back().unix_s, 4999);
  EXPECT_LE(out.recent_errors.back().text.size(), 1024u);
  EXPECT_EQ(out.history.size(), kHistorySamples);
  EXPECT_EQ(out.errors, 5000u);
}

TEST(Metrics, PrometheusTextHasOneHelpAndTypePerMetric) {
  Metrics metrics;
  metrics.count_answer(AnswerKind::runtime, 206, 1234, false, true, "/skep.js");
  metrics.count_answer(AnswerKind::other, 404, 9, true, false, "/nothing");
  MetricsSnapshot out = at(5);
  out.version = "1.2.3";
  out.swarms.push_back({std::string(40, 'a'), 1, 2, 3, 4, 5});
  out.limited["requests"] = 8;
  metrics.fill(out);
  const std::string text = print_prometheus(out);
  EXPECT_THAT(text, HasSubstr("\nskep_build_info{version=\"1.2.3\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nskep_requests_total{status=\"206\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nskep_sent_bytes_total{kind=\"runtime\"} 1234\n"));
  EXPECT_THAT(text, HasSubstr("\nskep_engine_sent_bytes_total 1234\n"));
  EXPECT_THAT(text, HasSubstr("\nskep_cut_answers_total 1\n"));
  EXPECT_THAT(text, HasSubstr("\nskep_limited_total{limit=\"requests\"} 8\n"));
  EXPECT_THAT(text, HasSubstr("skep_tracker_peers{info_hash=\"" + std::string(40, 'a') +
                              "\",state=\"incomplete\"} 2\n"));
  std::map<std::string, int> types;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    ASSERT_FALSE(line.empty());
    if (line.starts_with("# TYPE ")) ++types[line.substr(7, line.find(' ', 7) - 7)];
  }
  for (const auto& [name, count] : types) EXPECT_EQ(count, 1) << name;
  EXPECT_GT(types.size(), 15u);
}

TEST(Metrics, JsonSurvivesPathsThatAreNotUtf8) {
  Metrics metrics;
  metrics.count_answer(AnswerKind::site, 200, 10, true, false, "/\xff\"");
  MetricsSnapshot out = at(5);
  metrics.fill(out);
  const auto json = nlohmann::json::parse(metrics_json(out));
  EXPECT_EQ(json["requests_by_status"]["200"], 1);
  EXPECT_EQ(json["bytes_by_kind"]["site"], 10);
  EXPECT_EQ(json["top_files"][0]["requests"], 1);
  EXPECT_EQ(json["tracker"]["peers"], 0);
}

}  // namespace
}  // namespace skep::origin
