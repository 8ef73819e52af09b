#include "origin/explain.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "origin/labels_toml.hpp"
#include "origin/testing/publish_site.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using namespace testing;
using site::Label;
using ::testing::HasSubstr;

class Explain : public ::testing::Test {
 protected:
  void SetUp() override { write_small_site(site); }
  Explanation of(const std::string& path, const std::vector<std::string>& share = {}) const {
    return explain(site, share, {path}).at(0);
  }

  const TempDirectory directory;
  const fs::path site = directory / "site";
};

TEST_F(Explain, NamesTheRuleAndWhereItStands) {
  const Explanation shared = of("assets/big.bin");
  EXPECT_TRUE(shared.exists);
  EXPECT_EQ(shared.label, Label::shared);
  EXPECT_EQ(shared.because, "share rule");
  EXPECT_EQ(shared.rule, "assets/**");
  EXPECT_EQ(shared.source, "skep.toml");

  const Explanation kept = of("members/secret-list.txt");
  EXPECT_EQ(kept.label, Label::local);
  EXPECT_EQ(kept.because, "private rule");
  EXPECT_EQ(kept.rule, "**/*.txt");

  EXPECT_EQ(of("index.html").because, "no rule");
  EXPECT_EQ(of("index.html").label, Label::local);
  const Explanation flag = of("index.html", {"*.html"});
  EXPECT_EQ(flag.label, Label::shared);
  EXPECT_EQ(flag.source, "--share");
}

TEST_F(Explain, RefusalsAreBuiltIn) {
  for (const char* path : {".env", "assets/tls.key", "skep.toml"}) {
    const Explanation withheld = of(path);
    EXPECT_TRUE(withheld.exists) << path;
    EXPECT_EQ(withheld.label, Label::withheld) << path;
    EXPECT_EQ(withheld.because, "built in") << path;
    EXPECT_NE(withheld.rule, "") << path;
  }
  write(site / ".git/config", "x");
  EXPECT_THAT(of(".git/config").rule, HasSubstr("dot"));
  EXPECT_EQ(of(".git").label, Label::withheld);
}

TEST_F(Explain, WhatIsNotThereIsJudgedByItsName) {
  const Explanation later = of("assets/later.png");
  EXPECT_FALSE(later.exists);
  EXPECT_EQ(later.label, Label::shared);
  EXPECT_EQ(later.because, "share rule");
}

TEST_F(Explain, ALinkIsAsStrictAsItsTarget) {
  fs::create_symlink("../members/secret-list.txt", site / "assets/list");
  fs::create_symlink("../../outside", site / "assets/leaves");
  write(directory / "outside", "x");
  const Explanation link = of("assets/list");
  EXPECT_EQ(link.label, Label::local);
  EXPECT_EQ(link.because, "link");
  EXPECT_EQ(link.rule, "**/*.txt");
  EXPECT_EQ(of("assets/leaves").label, Label::withheld);
  EXPECT_THAT(of("assets/leaves").rule, HasSubstr("leaves the site"));
}

TEST_F(Explain, PathsMayBeSpelledAsAPersonWould) {
  for (const std::string& path :
       {std::string("/assets/one"), std::string("./assets/one"),
        std::string("assets/../assets/one"), site.string() + "/assets/one"})
    EXPECT_EQ(of(path).path, "assets/one") << path;
}

TEST_F(Explain, DirectoriesAreCounted) {
  const Explanation assets = of("assets");
  EXPECT_EQ(assets.because, "directory");
  EXPECT_EQ(assets.path, "assets/");
  EXPECT_EQ(assets.shared, 7u);
  EXPECT_EQ(assets.withheld, 1u);
  EXPECT_EQ(of(".").kept_private, 2u);
}

TEST_F(Explain, ABadRuleStopsItAsItStopsPublishing) {
  EXPECT_THROW(of("index.html", {"a**b"}), SettingsError);
}

}  // namespace
}  // namespace skep::origin
