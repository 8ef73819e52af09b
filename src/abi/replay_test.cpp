#include "abi/replay.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/engine.hpp"

namespace skep::abi {
namespace {

using base::Instant;

/// A session of two questions, as an engine answers it today.
struct Recording {
  TraceWriter trace{engine::Config()};
  engine::Engine engine{engine::Config()};

  void ask(Instant now) {
    trace.input(now, engine::StatsRequested());
    engine.handle(now, engine::StatsRequested());
    while (const auto output = engine.poll()) trace.output(now, *output);
    trace.drained(now, engine.next_wakeup().at);
  }
};

TEST(Replay, TheSameEngineSaysTheSame) {
  Recording recording;
  recording.ask(Instant{10});
  recording.ask(Instant{20});
  const auto report = replay(recording.trace.view());
  ASSERT_TRUE(report.has_value());
  EXPECT_EQ(report->difference, "");
  EXPECT_EQ(report->inputs, 2u);
  EXPECT_GE(report->outputs, 2u);
}

TEST(Replay, TellsTheFirstDifferenceInWords) {
  Recording recording;
  recording.trace.input(Instant{10}, engine::StatsRequested());
  engine::Stats other;
  other.wasted = 7;
  recording.trace.output(Instant{10}, other);
  const auto report = replay(recording.trace.view());
  ASSERT_TRUE(report.has_value());
  EXPECT_THAT(report->difference, ::testing::HasSubstr("after input 1 (StatsRequested)"));
  EXPECT_THAT(report->difference, ::testing::HasSubstr("recorded: Stats"));
  EXPECT_THAT(report->difference, ::testing::HasSubstr("wasted=7"));
  EXPECT_THAT(report->difference, ::testing::HasSubstr("now:      Stats"));
  EXPECT_THAT(report->difference, ::testing::HasSubstr("wasted=0"));
}

TEST(Replay, MissingAndAdditionalOutputsAndOtherWakeUpsAreDifferences) {
  Recording more;
  more.ask(Instant{10});
  more.trace.output(Instant{10}, engine::Stats());
  EXPECT_THAT(replay(more.trace.view())->difference, ::testing::HasSubstr("now:      nothing"));

  Recording fewer;
  fewer.trace.input(Instant{10}, engine::StatsRequested());
  fewer.trace.drained(Instant{10}, base::kNever);
  EXPECT_THAT(replay(fewer.trace.view())->difference,
              ::testing::HasSubstr("recorded: nothing more"));

  Recording later;
  later.ask(Instant{10});
  later.trace.drained(Instant{10}, Instant{12'345});
  EXPECT_THAT(replay(later.trace.view())->difference, ::testing::HasSubstr("wake-up at 12345us"));
}

TEST(Replay, AnInputBeforeTheOutputsAreDrainedIsADifference) {
  TraceWriter writer{engine::Config()};
  writer.input(Instant{10}, engine::StatsRequested());
  writer.input(Instant{10}, engine::StatsRequested());
  EXPECT_THAT(replay(writer.view())->difference, ::testing::HasSubstr("recorded: the next input"));
}

TEST(Replay, AMalformedTraceIsAnErrorNotADifference) {
  EXPECT_FALSE(replay(base::as_bytes("nothing")).has_value());
  TraceWriter writer{engine::Config()};
  engine::FetchRequested fetch;
  fetch.urgency = static_cast<engine::Urgency>(9);
  writer.input(Instant{1}, fetch);
  EXPECT_FALSE(replay(writer.view()).has_value());
}

}  // namespace
}  // namespace skep::abi
