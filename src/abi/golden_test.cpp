// golden_test.cpp: committed recordings. Recorded again, after a change that is meant, by
//   SKEP_RECORD=1 build/NAME/abi_test --gtest_filter='Golden*'
#include <gtest/gtest.h>

#include "abi/replay.hpp"
#include "abi/testing/golden.hpp"
#include "abi/testing/random_frame.hpp"
#include "abi/testing/session.hpp"

namespace skep::abi {
namespace {

using base::Bytes;
using engine::Urgency;
using testing::Session;
using testing::Visitor;

const std::string kTests = std::string(SKEP_SOURCE_DIR) + "/tests/";

/// A few frames of each alternative, as a trace that nobody replays: web/engine reads and writes
/// the same file.
Bytes sample_frames() {
  base::Rng rng(2026);
  testing::Arena arena;
  TraceWriter writer{engine::Config()};
  for (const engine::Input& input : testing::random_inputs(rng, 3, arena))
    writer.input(base::Instant{1}, input);
  for (const engine::Output& output : testing::random_outputs(rng, 3))
    writer.output(base::Instant{1}, output);
  return base::to_bytes(writer.view());
}

TEST(GoldenFrames, AreWhatTheWorkersCodecIsTestedWith) {
  const std::string path = kTests + "vectors/frames.trace";
  const Bytes now = sample_frames();
  testing::write_if_recording(path, now);
  EXPECT_TRUE(base::equal(testing::read_golden(path), now))
      << "frames changed: see web/engine/schema.ts and docs/formats/frames.md, then record again";
}

/// Records what the visitor saw, if asked to, and replays the committed trace.
void check_golden(const std::string& name, const Visitor& visitor) {
  const std::string path = kTests + "traces/" + name + ".trace";
  testing::write_if_recording(path, visitor.trace());
  const auto report = replay(testing::read_golden(path));
  ASSERT_TRUE(report.has_value()) << path << ": " << report.error().what;
  EXPECT_GT(report->outputs, 0u);
  EXPECT_EQ(report->difference, "") << path << " (see docs/formats/frames.md to record again)";
}

TEST(GoldenTraces, TwoPeersShareAFile) {
  Session session(testing::make_site({40'000, 70'000, 0}));
  Visitor& seed = session.join();
  seed.fetch(0, 0, 40'000, Urgency::urgent);
  seed.fetch(1, 0, 70'000, Urgency::normal);
  session.run(base::seconds(3));
  ASSERT_TRUE(seed.outcome(1) && seed.outcome(2));
  EXPECT_EQ(seed.outcome(2)->from_http, 70'000u);

  Visitor& leech = session.join();
  session.run(base::seconds(1));
  leech.fetch(1, 0, 70'000, Urgency::normal);
  session.run(base::seconds(3));
  ASSERT_TRUE(leech.outcome(1));
  EXPECT_EQ(leech.outcome(1)->from_peers, 70'000u);
  EXPECT_EQ(leech.stored(1), session.site().files[1]);
  check_golden("two-peers-seed", seed);
  check_golden("two-peers-leech", leech);
}

TEST(GoldenTraces, AnHttpRangeThatBreaksOffIsContinued) {
  Session session(testing::make_site({120'000}));
  Visitor& visitor = session.join();
  session.cut_next_response_after = 25'000;
  visitor.fetch(0, 20'000, 60'000, Urgency::urgent);
  session.run(base::seconds(5));
  visitor.fetch(0, 0, 120'000, Urgency::urgent);
  session.run(base::seconds(5));
  ASSERT_TRUE(visitor.outcome(1) && visitor.outcome(2));
  EXPECT_EQ(visitor.outcome(1)->from_http, 40'000u);
  EXPECT_EQ(visitor.stored(0), session.site().files[0]);
  check_golden("http-range", visitor);
}

TEST(GoldenTraces, AnAlteredBlockNamesItsSenderAndIsFetchedElsewhere) {
  Session session(testing::make_site({70'000}));
  Visitor& liar = session.join();
  liar.fetch(0, 0, 70'000, Urgency::urgent);
  session.run(base::seconds(3));
  session.alter_link = [&](const Visitor& from, Bytes& bytes) {
    if (&from == &liar && bytes.size() > base::kBlockSize) bytes.back() ^= 1;
  };

  Visitor& victim = session.join();
  session.run(base::seconds(1));
  victim.fetch(0, 0, 70'000, Urgency::normal);
  session.run(base::seconds(10));
  ASSERT_TRUE(victim.outcome(1));
  EXPECT_EQ(victim.stored(0), session.site().files[0]);
  ASSERT_FALSE(victim.closed().empty());
  EXPECT_EQ(victim.closed()[0].reason, engine::CloseReason::bad_block);
  EXPECT_EQ(victim.closed()[0].peer, liar.peer_id());
  check_golden("bad-block", victim);
}

}  // namespace
}  // namespace skep::abi
