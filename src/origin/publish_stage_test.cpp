#include "origin/publish_stage.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <thread>

#include "base/rng.hpp"
#include "origin/pointer_renew.hpp"
#include "origin/testing/publish_site.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using namespace testing;
using ::testing::HasSubstr;

/// Publishes in a child that is killed by `kill_at` (called at each progress) or after `delay`.
/// Returns whether the child ended by itself.
bool publish_and_kill(PublishOptions options, ProgressSink kill_at,
                      std::chrono::microseconds delay) {
  const pid_t child = ::fork();
  if (child == 0) {
    options.progress = std::move(kill_at);
    try {
      publish(options);
    } catch (...) {
      ::_exit(3);
    }
    ::_exit(0);
  }
  if (delay.count() > 0) {
    std::this_thread::sleep_for(delay);
    ::kill(child, SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) == 3) << "publish failed in the child";
  return WIFEXITED(status);
}

bool any_note(const PublishReport& report, const std::string& text) {
  return std::ranges::any_of(
      report.notes, [&](const std::string& note) { return note.find(text) != std::string::npos; });
}

class Killed : public ::testing::Test {
 protected:
  void SetUp() override {
    write_small_site(old_site);
    write_small_site(new_site);
    write(new_site / "assets/one", "the new version");
    for (int i = 0; i < 60; ++i)
      write(new_site / ("assets/more/" + std::to_string(i) + ".js"),
            std::string(3'000, static_cast<char>('a' + i % 26)));
    old_hash = publish(options_for(old_site, out)).info_hash;
  }
  void expect_whole() {
    EXPECT_EQ(problems_of(out), "");
    const auto hash = read_pointer(out).info_hashes[0];
    EXPECT_TRUE(hash == old_hash || hash == new_hash);
  }

  const TempDirectory directory;
  const fs::path old_site = directory / "old";
  const fs::path new_site = directory / "new";
  const fs::path out = directory / "out";
  crypto::Digest256 old_hash;
  crypto::Digest256 new_hash;
  std::chrono::microseconds span{};
};

TEST_F(Killed, InEveryStageTheOldPublicationStaysAndTheNextRunSaysSo) {
  for (const std::string_view stage : {"copying", "hashing", "compressing"}) {
    const auto die = [stage](std::string_view now, std::uint64_t done, std::uint64_t) {
      if (now == stage && done > 0) ::raise(SIGKILL);
    };
    EXPECT_FALSE(publish_and_kill(options_for(new_site, out), die, {}));
    EXPECT_EQ(problems_of(out), "");
    EXPECT_EQ(read_pointer(out).info_hashes[0], old_hash);
    const PublishReport next = publish(options_for(old_site, out));
    EXPECT_TRUE(any_note(next, "left behind by a run that was killed")) << stage;
    EXPECT_EQ(next.info_hash, old_hash);
  }
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 3);
}

TEST_F(Killed, AtRandomMomentsThePublicationIsOldOrNewButWhole) {
  {
    const TempDirectory aside;
    const auto began = std::chrono::steady_clock::now();
    new_hash = publish(options_for(new_site, aside / "out")).info_hash;
    span = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 began);
  }
  base::Rng rng(11);
  for (int round = 0; round < 40; ++round) {
    const fs::path& site = round % 2 == 0 ? new_site : old_site;
    // Half of the kills fall on the end, where the rename is.
    const auto whole = static_cast<std::uint64_t>(span.count());
    const auto delay = round % 4 < 2 ? rng.below(whole) : whole * 3 / 4 + rng.below(whole / 2);
    publish_and_kill(options_for(site, out), {}, std::chrono::microseconds(delay + 1));
    expect_whole();
  }
  const PublishReport last = publish(options_for(new_site, out));
  EXPECT_EQ(last.info_hash, new_hash);
  EXPECT_EQ(problems_of(out), "");
  EXPECT_EQ(std::distance(fs::directory_iterator(directory.path()), {}), 3);
}

TEST_F(Killed, RenewalLeavesAValidPointer) {
  base::Rng rng(5);
  for (int round = 0; round < 20; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int i = 0; i < 1000; ++i) renew_pointer(out, test_key(), 30, std::time(nullptr));
      ::_exit(0);
    }
    std::this_thread::sleep_for(std::chrono::microseconds(rng.below(5000)));
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    EXPECT_EQ(read_pointer(out).info_hashes[0], old_hash);
  }
  EXPECT_GT(renew_pointer(out, test_key(), 30, 0).seq, 0);
}

TEST(Stage, TwoPublishersOfOneDirectoryDoNotMeet) {
  const TempDirectory directory;
  const Stage first(directory / "out");
  try {
    const Stage second(directory / "out");
    FAIL() << "the second got in";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(), HasSubstr("being published by another process"));
  }
  const Stage elsewhere(directory / "out2");
}

TEST(Stage, LeavesNothingWhenItIsGivenUp) {
  const TempDirectory directory;
  {
    const Stage stage(directory / "out");
  }
  EXPECT_TRUE(fs::is_empty(directory.path()));
}

TEST(Stage, FollowsALinkThatIsThePublication) {
  const TempDirectory directory;
  write_small_site(directory / "site");
  fs::create_directory(directory / "real");
  fs::create_directory_symlink("real", directory / "current");
  publish(options_for(directory / "site", directory / "current"));
  EXPECT_TRUE(fs::is_symlink(directory / "current"));
  EXPECT_EQ(problems_of(directory / "real"), "");
}

}  // namespace
}  // namespace skep::origin
