// golden_test.cpp: committed recordings. Recorded again, after a change that is meant, by
//   SKEP_RECORD=1 build/NAME/abi_test --gtest_filter='Golden*'
#include <gtest/gtest.h>

#include "abi/testing/golden.hpp"
#include "abi/testing/random_frame.hpp"
#include "abi/trace.hpp"

namespace skep::abi {
namespace {

using base::Bytes;

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

}  // namespace
}  // namespace skep::abi
