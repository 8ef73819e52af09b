#include "site/label.hpp"

#include <gtest/gtest.h>

#include <string>

namespace skep::site {
namespace {

LabelRules rules(std::initializer_list<const char*> share,
                 std::initializer_list<const char*> keep) {
  LabelRules out;
  for (const char* glob : share) EXPECT_TRUE(out.add_share(glob).has_value()) << glob;
  for (const char* glob : keep) EXPECT_TRUE(out.add_private(glob).has_value()) << glob;
  return out;
}

TEST(Labels, EverythingIsPrivateUntilARuleSaysOtherwise) {
  const LabelRules none;
  EXPECT_FALSE(none.any_share());
  EXPECT_EQ(none.decide("assets/a.png").label, Label::local);
  EXPECT_EQ(none.decide("assets/a.png").because, Because::no_rule);
}

TEST(Labels, TheStricterRuleWinsAndIsNamed) {
  const LabelRules set = rules({"assets/**", "**/*.png"}, {"assets/draft/**", "*.html"});
  EXPECT_EQ(set.decide("assets/a.bin").label, Label::shared);
  EXPECT_EQ(set.decide("assets/a.bin").rule, "assets/**");
  EXPECT_EQ(set.decide("x/a.png").rule, "**/*.png");
  EXPECT_EQ(set.decide("assets/draft/a.png").label, Label::local);
  EXPECT_EQ(set.decide("assets/draft/a.png").rule, "assets/draft/**");
  EXPECT_EQ(set.decide("index.html").label, Label::local);
  EXPECT_EQ(set.decide("other").label, Label::local);
}

TEST(Labels, PagesAreSharedWhenARuleNamesThem) {
  EXPECT_EQ(rules({"assets/**"}, {}).decide("index.html").label, Label::local);
  EXPECT_EQ(rules({"**"}, {}).decide("docs/index.html").label, Label::shared);
}

TEST(Labels, NoRuleLiftsARefusal) {
  const LabelRules all = rules({"**"}, {});
  struct Row {
    const char* path;
    Label label;
  };
  const Row rows[] = {
      {"skep.toml", Label::withheld},
      {"docs/skep.toml", Label::shared},
      {".git/config", Label::withheld},
      {"assets/.git/HEAD", Label::withheld},
      {".env", Label::withheld},
      {".env.production", Label::withheld},
      {"prod.env", Label::withheld},
      {".htaccess", Label::withheld},
      {"a/.htpasswd", Label::withheld},
      {"server.pem", Label::withheld},
      {"assets/SERVER.PEM", Label::withheld},
      {"tls.key", Label::withheld},
      {"site.key.json", Label::withheld},
      {"id_rsa", Label::withheld},
      {"id_ed25519.pub", Label::withheld},
      {"index.php", Label::withheld},
      {"a/b.CGI", Label::withheld},
      {"CVS/Entries", Label::withheld},
      {"cgi-bin/run", Label::withheld},
      {"notes.txt~", Label::withheld},
      {"app.js.bak", Label::withheld},
      {".app.js.swp", Label::withheld},
      {"dump.sql", Label::local},
      {"data/users.sqlite", Label::local},
      {".well-known/security.txt", Label::local},
      {".well-known/acme-challenge/.x", Label::withheld},
      {"x/.well-known/a", Label::withheld},
      {".well-known", Label::withheld},
      {".nojekyll", Label::local},
      {".DS_Store", Label::withheld},
      {"keyboard.js", Label::shared},
      {"monkey.png", Label::shared},
      {"phpinfo.html", Label::shared},
      {"sql/intro.html", Label::shared},
      {"a.b/c~d.txt", Label::shared},
  };
  for (const Row& row : rows) EXPECT_EQ(all.decide(row.path).label, row.label) << row.path;
}

TEST(Labels, ARefusalSaysWhy) {
  const Decision decision = refusal_of("assets/tls.key");
  EXPECT_EQ(decision.because, Because::refusal);
  EXPECT_EQ(decision.rule, "may hold a key or password");
  EXPECT_EQ(refusal_of("assets/a.png").label, Label::shared);
}

TEST(Labels, ListsAreBounded) {
  LabelRules set;
  for (std::size_t i = 0; i < kLabelRulesMax; ++i) ASSERT_TRUE(set.add_share("a").has_value());
  EXPECT_EQ(set.add_share("b").code(), base::Errc::limit_exceeded);
  EXPECT_TRUE(set.add_private("b").has_value());
}

}  // namespace
}  // namespace skep::site
