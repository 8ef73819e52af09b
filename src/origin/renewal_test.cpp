#include <gtest/gtest.h>

#include <chrono>

#include "origin/pointer_renew.hpp"
#include "origin/serve_root.hpp"
#include "origin/testing/publish_site.hpp"

namespace skep::origin {
namespace {

constexpr std::int64_t kDay = 86'400;

std::int64_t unix_now_s() {
  return std::chrono::duration_cast<std::chrono::seconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

TEST(Renewal, HappensWhenHalfOfThePointersLifeIsOverAndNotBefore) {
  const testing::TempDirectory folder;
  testing::write_small_site(folder / "site");
  publish(testing::options_for(folder / "site", folder / "out"));
  const auto first = read_pointer(folder / "out");
  const ServeRoot root{folder / "out", testing::test_key(), ""};

  EXPECT_FALSE(renew_if_due(root, unix_now_s() + 10 * kDay));
  EXPECT_EQ(read_pointer(folder / "out").seq, first.seq);

  EXPECT_TRUE(renew_if_due(root, unix_now_s() + 20 * kDay));
  const auto second = read_pointer(folder / "out");
  EXPECT_GT(second.seq, first.seq);
  EXPECT_GT(second.expires_s, first.expires_s + 10 * kDay);
  EXPECT_EQ(second.info_hashes, first.info_hashes);
  EXPECT_EQ(testing::problems_of(folder / "out"), "");
}

TEST(Renewal, NeverSignsForAnother) {
  const testing::TempDirectory folder;
  testing::write_small_site(folder / "site");
  publish(testing::options_for(folder / "site", folder / "out"));
  const ServeRoot root{folder / "out", generate_key(), ""};
  const std::string before = testing::read(folder / "out" / ".well-known/skep/latest");
  EXPECT_THROW(renew_if_due(root, unix_now_s() + 20 * kDay), std::exception);
  EXPECT_EQ(testing::read(folder / "out" / ".well-known/skep/latest"), before);
}

}  // namespace
}  // namespace skep::origin
