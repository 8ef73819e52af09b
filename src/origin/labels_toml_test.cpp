#include "origin/labels_toml.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "origin/testing/publish_site.hpp"

namespace skep::origin {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string error_of(const std::string& text) {
  try {
    parse_settings(text, "skep.toml");
  } catch (const SettingsError& error) {
    return error.what();
  }
  return {};
}

TEST(Settings, ReadsLabelsAndOfflinePages) {
  const SiteSettings settings = parse_settings(
      "[labels]\nshare = [\"a/**\", \"b\"]\nprivate = ['c']\n[offline]\npages = [\"index.html\"]\n"
      "[precache]\nfiles = [\"a/*.ogg\"]\n",
      "skep.toml");
  EXPECT_THAT(settings.share, ElementsAre("a/**", "b"));
  EXPECT_THAT(settings.keep_private, ElementsAre("c"));
  EXPECT_THAT(settings.offline_pages, ElementsAre("index.html"));
  EXPECT_THAT(settings.precache, ElementsAre("a/*.ogg"));
}

TEST(Settings, AMistakeIsNamedWithItsLine) {
  EXPECT_THAT(error_of("[labels]\nshare=[]\nprivat = [\"a\"]\n"),
              HasSubstr("skep.toml, line 3: unknown key \"privat\""));
  EXPECT_THAT(error_of("[precache]\npages = []\n"), HasSubstr("(known: files)"));
  EXPECT_THAT(error_of("[lables]\n"), HasSubstr("unknown key \"lables\""));
  EXPECT_THAT(error_of("share = [\"a\"]\n"), HasSubstr("unknown key \"share\""));
  EXPECT_THAT(error_of("labels = 3\n"), HasSubstr("must be a table"));
  EXPECT_THAT(error_of("[labels]\nshare = \"a\"\n"), HasSubstr("must be a list"));
  EXPECT_THAT(error_of("[labels]\nshare = [1]\n"), HasSubstr("list of strings"));
  EXPECT_THAT(error_of("[labels]\nshare = [\"/a\"]\n"), HasSubstr("\"/a\""));
  EXPECT_THAT(error_of("[labels\n"), HasSubstr("line 1"));
}

TEST(Settings, ASiteNeedsNone) {
  const testing::TempDirectory directory;
  EXPECT_THAT(read_settings(directory.path()).share, IsEmpty());
}

TEST(LabelsToml, TheFirstCacheRuleThatMatchesDecides) {
  const SiteSettings settings = parse_settings(
      "[[cache]]\npaths = [\"a/*.js\", \"b/**\"]\ncontrol = \"immutable\"\n"
      "[[cache]]\npaths = [\"a/**\"]\ncontrol = \"max-age=60\"\n",
      "skep.toml");
  EXPECT_EQ(cache_control_for(settings.cache, "a/x.js"), "immutable");
  EXPECT_EQ(cache_control_for(settings.cache, "a/x.png"), "max-age=60");
  EXPECT_EQ(cache_control_for(settings.cache, "c"), "");
  for (const char* wrong : {"[cache]\n", "[[cache]]\npaths = [\"a\"]\n",
                            "[[cache]]\npaths = [\"a\"]\ncontrol = \"a\\r\\nX: y\"\n",
                            "[[cache]]\npaths = [\"a\"]\ncontrol = \"max-age=1, No-Store\"\n",
                            "[[cache]]\npaths = [\"a\"]\ncontrol = \"private\"\n",
                            "[[cache]]\npath = [\"a\"]\ncontrol = \"a\"\n"})
    EXPECT_THROW(parse_settings(wrong, "skep.toml"), SettingsError) << wrong;
}

}  // namespace
}  // namespace skep::origin
