#include "abi/skep_abi.hpp"

#include <gtest/gtest.h>

#include "abi/frame.hpp"
#include "abi/shape.hpp"

namespace skep::abi {
namespace {

using base::Bytes;
using base::ByteView;

void put(ByteView bytes) {
  const Address at = skep_input(static_cast<std::uint32_t>(bytes.size()));
  ASSERT_NE(at, 0u);
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<base::Byte*>(at));
}
ByteView framed(Address at) {
  const auto* bytes = reinterpret_cast<const base::Byte*>(at);
  return {bytes + 4, base::load_le<std::uint32_t>(bytes)};
}
std::uint32_t create() {
  put(Bytes(28, 7));  // peer id and seed
  return skep_create(28);
}
std::uint32_t handle(std::uint32_t id, std::uint64_t now_us, const engine::Input& input) {
  base::Writer frame;
  encode_input(input, frame);
  put(frame.view());
  return skep_handle(id, now_us, static_cast<std::uint32_t>(frame.size()));
}

TEST(SkepAbi, AnEngineAnswersThroughFrames) {
  EXPECT_EQ(skep_abi_version(), shape());
  const std::uint32_t id = create();
  ASSERT_NE(id, 0u);
  EXPECT_EQ(handle(id, 1000, engine::StatsRequested()), 1u);
  const auto output = decode_output(framed(skep_poll(id)));
  ASSERT_TRUE(output.has_value());
  EXPECT_TRUE(std::holds_alternative<engine::Stats>(*output));
  EXPECT_EQ(skep_poll(id), 0u);
  EXPECT_GT(skep_next_wakeup(id), 1000);
  skep_destroy(id);
}

TEST(SkepAbi, MalformedCallsReturnZeroAndChangeNothing) {
  const std::uint32_t id = create();
  put(Bytes{255, 1, 2});
  EXPECT_EQ(skep_handle(id, 5, 3), 0u);
  EXPECT_EQ(skep_handle(id, 5, 0), 0u);
  EXPECT_EQ(skep_create(3), 0u);
  EXPECT_EQ(skep_input(kInputFrameMax + 1), 0u);
  EXPECT_EQ(handle(id, 9, engine::StatsRequested()), 1u);
  EXPECT_EQ(handle(id, 9, engine::Tick()), 0u) << "outputs are drained first";
  while (skep_poll(id) != 0) {
  }
  EXPECT_EQ(handle(id, 8, engine::Tick()), 0u) << "time does not run backwards";
  skep_destroy(id);
}

TEST(SkepAbi, EnginesThatAreGoneAreIgnored) {
  const std::uint32_t id = create();
  skep_destroy(id);
  skep_destroy(id);
  for (const std::uint32_t gone : {id, 0u, 1000u, UINT32_MAX}) {
    EXPECT_EQ(handle(gone, 1, engine::Tick()), 0u);
    EXPECT_EQ(skep_poll(gone), 0u);
    EXPECT_EQ(skep_next_wakeup(gone), INT64_MAX);
  }
}

TEST(SkepAbi, EnginesAreBounded) {
  std::vector<std::uint32_t> ids;
  for (std::uint32_t id = create(); id != 0; id = create()) ids.push_back(id);
  EXPECT_EQ(ids.size(), kEnginesMax);
  for (const std::uint32_t id : ids) skep_destroy(id);
  const std::uint32_t again = create();
  EXPECT_NE(again, 0u);
  skep_destroy(again);
}

}  // namespace
}  // namespace skep::abi
