#include "abi/frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "abi/fields.hpp"
#include "abi/shape.hpp"
#include "abi/testing/random_frame.hpp"

namespace skep::abi {
namespace {

using base::Bytes;
using base::ByteView;
using base::Errc;
using testing::random_inputs;
using testing::random_outputs;

Bytes frame_of(const engine::Input& input) {
  base::Writer to;
  encode_input(input, to);
  return to.take();
}
Bytes frame_of(const engine::Output& output) {
  base::Writer to;
  encode_output(output, to);
  return to.take();
}
Bytes encoded(const engine::Config& config) {
  base::Writer to;
  encode_config(config, to);
  return to.take();
}

TEST(Frame, EveryInputSurvivesTheRoundTrip) {
  base::Rng rng(7);
  testing::Arena arena;
  for (const engine::Input& input : random_inputs(rng, 200, arena)) {
    const Bytes frame = frame_of(input);
    auto decoded = decode_input(frame);
    ASSERT_TRUE(decoded.has_value()) << describe(input) << ": " << decoded.error().what;
    EXPECT_EQ(describe(*decoded), describe(input));
    EXPECT_EQ(frame_of(*decoded), frame);
  }
}

TEST(Frame, EveryOutputSurvivesTheRoundTrip) {
  base::Rng rng(8);
  for (const engine::Output& output : random_outputs(rng, 200)) {
    const Bytes frame = frame_of(output);
    auto decoded = decode_output(frame);
    ASSERT_TRUE(decoded.has_value()) << describe(output) << ": " << decoded.error().what;
    EXPECT_EQ(describe(*decoded), describe(output));
    EXPECT_EQ(frame_of(*decoded), frame);
  }
}

TEST(Frame, ALayoutIsTheDocumentedOne) {
  const engine::Input input = engine::HttpStarted{base::HttpId(0x01020304), 206, 0x0a, 0x0b};
  EXPECT_THAT(frame_of(input), ::testing::ElementsAre(13,                       // the alternative
                                                      4, 3, 2, 1,               // http
                                                      206, 0,                   // status
                                                      10, 0, 0, 0, 0, 0, 0, 0,  // begin
                                                      11, 0, 0, 0, 0, 0, 0, 0));
  const engine::Output output = engine::LinkSend{base::LinkId(3), {7, 8, 9}};
  EXPECT_THAT(frame_of(output), ::testing::ElementsAre(4, 3, 0, 0, 0, 3, 0, 0, 0, 7, 8, 9));
}

TEST(Frame, AnInputsBytesPointIntoTheFrame) {
  const Bytes payload(1000, 5);
  const Bytes frame = frame_of(engine::Input(engine::LinkBytes{base::LinkId(1), payload}));
  const auto decoded = decode_input(frame);
  ASSERT_TRUE(decoded.has_value());
  const auto& bytes = std::get<engine::LinkBytes>(*decoded).bytes;
  EXPECT_EQ(bytes.data(), frame.data() + frame.size() - payload.size());
}

TEST(Frame, ShortenedAndLengthenedFramesAreRefused) {
  base::Rng rng(9);
  testing::Arena arena;
  for (const engine::Input& input : random_inputs(rng, 5, arena)) {
    Bytes frame = frame_of(input);
    for (std::size_t size = 0; size < frame.size(); ++size)
      EXPECT_EQ(decode_input(base::ByteView(frame).first(size)).code(), Errc::truncated)
          << describe(input) << " cut to " << size;
    frame.push_back(0);
    EXPECT_EQ(decode_input(frame).code(), Errc::trailing_bytes) << describe(input);
  }
}

TEST(Frame, ValuesThatNothingEncodesAreRefused) {
  EXPECT_EQ(decode_input(Bytes{22}).code(), Errc::unsupported);
  EXPECT_EQ(decode_input(Bytes{255}).code(), Errc::unsupported);
  EXPECT_EQ(decode_output(Bytes{15}).code(), Errc::unsupported);
  EXPECT_EQ(decode_input(Bytes{6, 2}).code(), Errc::bad_value);  // TrackerChanged: a bool of 2

  engine::FetchRequested fetch;
  fetch.deadline = base::microseconds(-1);
  EXPECT_EQ(decode_input(frame_of(engine::Input(fetch))).code(), Errc::bad_value);
  fetch.deadline = base::Duration{INT64_MAX};
  EXPECT_EQ(decode_input(frame_of(engine::Input(fetch))).code(), Errc::bad_value);
  fetch.deadline = base::seconds(1);
  fetch.urgency = static_cast<engine::Urgency>(4);
  EXPECT_EQ(decode_input(frame_of(engine::Input(fetch))).code(), Errc::bad_value);
}

TEST(Frame, AListCannotClaimMoreItemsThanItHasBytes) {
  Bytes frame = frame_of(engine::Input(engine::AnnounceReply{base::TorrentId(1), 30, {{}, {}}}));
  frame[9] = 3;  // of two candidates
  EXPECT_EQ(decode_input(frame).code(), Errc::truncated);
  for (std::size_t i = 9; i < 13; ++i) frame[i] = 0xff;
  EXPECT_EQ(decode_input(frame).code(), Errc::truncated);
}

TEST(Frame, AnInputAboveTheLimitIsNotEvenLookedAt) {
  const Bytes frame(kInputFrameMax + 1, 0);
  EXPECT_EQ(decode_input(frame).code(), Errc::limit_exceeded);
}

TEST(Frame, TheDefaultConfigIsAcceptedAndNonsenseIsNot) {
  const engine::Config config;
  const auto decoded = decode_config(encoded(config));
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(encoded(*decoded), encoded(config));

  engine::Config wrong;
  wrong.links_max = base::kLinksMax + 1;
  EXPECT_EQ(decode_config(encoded(wrong)).code(), Errc::out_of_range);
  wrong = engine::Config();
  wrong.pipeline_min_blocks = wrong.pipeline_max_blocks + 1;
  EXPECT_EQ(decode_config(encoded(wrong)).code(), Errc::out_of_range);
  wrong = engine::Config();
  wrong.http_segment_bytes = 0;
  EXPECT_EQ(decode_config(encoded(wrong)).code(), Errc::out_of_range);
  wrong = engine::Config();
  wrong.keep_alive = base::seconds(-5);
  EXPECT_EQ(decode_config(encoded(wrong)).code(), Errc::bad_value);
}

TEST(Frame, APageChoosesTheBeginningOfAConfig) {
  engine::Config config;
  config.peer_id.bytes.fill(9);
  config.seed = 77;
  const Bytes all = encoded(config);
  const auto identity = decode_choice(ByteView(all).first(28));
  ASSERT_TRUE(identity.has_value());
  EXPECT_EQ(encoded(*identity), all);
  config.peer_grace = base::milliseconds(250);
  const Bytes patient = encoded(config);
  for (const auto decode : {decode_choice, decode_config}) {
    const auto choice = decode(ByteView(patient).first(36));
    ASSERT_TRUE(choice.has_value());
    EXPECT_EQ(encoded(*choice), patient);
  }
  for (const std::size_t size : {0u, 27u, 29u, 35u})
    EXPECT_EQ(decode_choice(ByteView(all).first(size)).code(), Errc::truncated) << size;
  EXPECT_EQ(decode_choice(all).code(), Errc::trailing_bytes);
  Bytes endless = patient;
  endless[35] = 0x80;
  EXPECT_EQ(decode_choice(ByteView(endless).first(36)).code(), Errc::bad_value);
}

TEST(Frame, EnumerationsHaveAsManyValuesAsTheTableSays) {
  EXPECT_NE(base::name_of(static_cast<Errc>(kEnumCount<Errc> - 1)), "unknown");
  EXPECT_EQ(base::name_of(static_cast<Errc>(kEnumCount<Errc>)), "unknown")
      << "errc.hpp grew: extend fields.hpp and web/engine/schema.ts";
}

TEST(Frame, DescribesWhatItHolds) {
  const engine::Output output = engine::LinkSend{base::LinkId(3), {0x13, 0x42}};
  EXPECT_EQ(describe(output), "LinkSend link=3 bytes=2:1342");
  EXPECT_EQ(describe(engine::Input(engine::Tick())), "Tick");
}

TEST(Shape, IsNeverZero) { EXPECT_NE(shape(), 0u); }

}  // namespace
}  // namespace skep::abi
