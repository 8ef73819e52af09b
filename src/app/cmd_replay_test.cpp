// `skep replay`, on the committed sessions and on damaged copies of them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "abi/trace.hpp"
#include "app/testing/command_line.hpp"
#include "origin/testing/publish_site.hpp"

namespace skep::app {
namespace {

using origin::testing::read;
using origin::testing::TempDirectory;
using origin::testing::write;
using ::testing::HasSubstr;
using testing::Outcome;
using testing::run;

const std::string kTrace = std::string(SKEP_SOURCE_DIR) + "/tests/traces/bad-block.trace";

TEST(Replay, SaysThatTheEngineDidTheSame) {
  const Outcome same = run("replay " + kTrace);
  EXPECT_EQ(same.code, 0) << same.out;
  EXPECT_THAT(same.out, HasSubstr("byte for byte"));
  EXPECT_THAT(same.out, HasSubstr("LinkBytes"));
  const Outcome verbose = run("replay -v " + kTrace);
  EXPECT_THAT(verbose.out, HasSubstr("-> LinkOpened"));
  const auto json = nlohmann::json::parse(run("replay --json " + kTrace).out);
  EXPECT_EQ(json["same"], true);
  EXPECT_EQ(json["stats"]["peers_banned"], 1);
  EXPECT_GT(json["outputs"]["LinkSend"]["count"], 0);
}

TEST(Replay, ShowsTheFirstDifferenceAndWhatWasBefore) {
  const TempDirectory directory;
  abi::TraceWriter trace{engine::Config()};
  trace.input(base::Instant{5}, engine::StatsRequested());
  engine::Stats other;
  other.wasted = 7;
  trace.output(base::Instant{5}, other);
  write(directory / "t", base::as_text(trace.view()));
  const Outcome differs = run("replay " + (directory / "t").string());
  EXPECT_EQ(differs.code, 1);
  EXPECT_THAT(differs.out, HasSubstr("DIFFERENT  at record 2"));
  EXPECT_THAT(differs.out, HasSubstr("1  5 us  -> StatsRequested"));
  const auto json = nlohmann::json::parse(run("replay --json " + (directory / "t").string()).out);
  EXPECT_EQ(json["same"], false);
  EXPECT_EQ(json["difference_at_record"], 2);
}

TEST(Replay, ADamagedFileIsReplayedUpToItsDamage) {
  const TempDirectory directory;
  const std::string whole = read(kTrace);
  write(directory / "cut", whole.substr(0, whole.size() - 3));
  const Outcome cut = run("replay " + (directory / "cut").string());
  EXPECT_EQ(cut.code, 1);
  EXPECT_THAT(cut.out, HasSubstr("damaged    after record"));
  EXPECT_THAT(cut.out, HasSubstr("byte for byte"));
  write(directory / "no", "not a trace at all");
  EXPECT_THAT(run("replay " + (directory / "no").string()).error, HasSubstr("not a trace"));
  EXPECT_EQ(run("replay " + (directory / "absent").string()).code, 2);
}

}  // namespace
}  // namespace skep::app
