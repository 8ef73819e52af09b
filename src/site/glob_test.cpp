#include "site/glob.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/limits.hpp"
#include "base/rng.hpp"

namespace skep::site {
namespace {

using base::Errc;

struct Row {
  const char* pattern;
  const char* path;
  bool matches;
};

TEST(Glob, MatchesAsTheTableSays) {
  const Row rows[] = {
      {"a.png", "a.png", true},
      {"a.png", "b.png", false},
      {"a.png", "x/a.png", false},
      {"A.png", "a.png", false},
      {"*.png", "a.png", true},
      {"*.png", ".png", true},
      {"*.png", "x/a.png", false},
      {"**/*.png", "a.png", true},
      {"**/*.png", "x/a.png", true},
      {"**/*.png", "x/y/a.png", true},
      {"**/*.png", "x/y/a.jpg", false},
      {"assets/**", "assets/a", true},
      {"assets/**", "assets/x/y", true},
      {"assets/**", "assets", false},
      {"assets/**", "assets2/a", false},
      {"**", "a", true},
      {"**", "a/b/c", true},
      {"**/**", "a", true},
      {"a/**/b", "a/b", true},
      {"a/**/b", "a/x/b", true},
      {"a/**/b", "a/x/y/b", true},
      {"a/**/b", "a/x/y/c", false},
      {"a/**/b/**/c", "a/b/x/b/c", true},
      {"a/**/b/*", "a/b/b/c", true},
      {"a?c", "abc", true},
      {"a?c", "ac", false},
      {"a?c", "a/c", false},
      {"?.png", "\xc3\xa9.png", true},
      {"??.png", "\xc3\xa9.png", false},
      {"[a-c].js", "b.js", true},
      {"[a-c].js", "d.js", false},
      {"[!a-c].js", "d.js", true},
      {"[!a-c].js", "b.js", false},
      {"[!a-c].js", "\xc3\xa9.js", true},
      {"[]x].js", "].js", true},
      {"[a-].js", "-.js", true},
      {"\\*", "*", true},
      {"\\*", "a", false},
      {"\\[a]", "[a]", true},
      {"*a*b*c*", "xxaxxbxxcxx", true},
      {"*a*b*c*", "xxaxxcxxbxx", false},
      {"*aab", "aaab", true},
      {"bilder/*\xc3\xa4*", "bilder/h\xc3\xa4user.jpg", true},
  };
  for (const Row& row : rows) {
    const auto glob = Glob::parse(row.pattern);
    ASSERT_TRUE(glob.has_value()) << row.pattern;
    EXPECT_EQ(glob->matches(row.path), row.matches) << row.pattern << " on " << row.path;
  }
}

TEST(Glob, RefusesWhatWouldSurprise) {
  EXPECT_EQ(Glob::parse("").code(), Errc::unsafe_path);
  EXPECT_EQ(Glob::parse("/a").code(), Errc::unsafe_path);
  EXPECT_EQ(Glob::parse("a//b").code(), Errc::unsafe_path);
  EXPECT_EQ(Glob::parse("assets/").code(), Errc::unsafe_path);
  EXPECT_EQ(Glob::parse("../a").code(), Errc::unsafe_path);
  EXPECT_EQ(Glob::parse("a/./b").code(), Errc::unsafe_path);
  EXPECT_EQ(Glob::parse("a**").code(), Errc::bad_syntax);
  EXPECT_EQ(Glob::parse("[a").code(), Errc::bad_syntax);
  EXPECT_EQ(Glob::parse("[]").code(), Errc::bad_syntax);
  EXPECT_EQ(Glob::parse("a\\").code(), Errc::bad_syntax);
  EXPECT_EQ(Glob::parse("a\\/b").code(), Errc::bad_syntax);
  EXPECT_EQ(Glob::parse(std::string_view("a\0b", 3)).code(), Errc::bad_syntax);
  EXPECT_EQ(Glob::parse(std::string(base::kPathSizeMax + 1, 'a')).code(), Errc::limit_exceeded);
}

// The straightforward definition, exponential, for short inputs.
bool slow(std::string_view p, std::string_view t) {
  if (p.empty()) return t.empty();
  if (p[0] == '*')
    return slow(p.substr(1), t) || (!t.empty() && t[0] != '/' && slow(p, t.substr(1)));
  return !t.empty() && (p[0] == '?' ? t[0] != '/' : p[0] == t[0]) && slow(p.substr(1), t.substr(1));
}
// Components, with `**` between them.
bool slow_path(std::string_view p, std::string_view t, bool left) {
  const auto head = [](std::string_view s) { return s.substr(0, s.find('/')); };
  const auto tail = [](std::string_view s) {
    return s.find('/') == s.npos ? std::string_view() : s.substr(s.find('/') + 1);
  };
  const bool last = p.find('/') == p.npos;
  if (head(p) == "**") {
    if (last) return left;
    if (slow_path(tail(p), t, left)) return true;
    return left && slow_path(p, tail(t), t.find('/') != t.npos);
  }
  if (!left || !slow(head(p), head(t))) return false;
  const bool more = t.find('/') != t.npos;
  return last ? !more : slow_path(tail(p), tail(t), more);
}

TEST(Glob, AgreesWithTheDefinitionOnRandomPatterns) {
  base::Rng rng(7);
  int matched = 0;
  for (int round = 0; round < 60'000; ++round) {
    const auto draw = [&](std::string_view letters, std::size_t size) {
      std::string out;
      while (out.size() < size) out += letters[rng.below(letters.size())];
      return out;
    };
    std::string pattern;
    for (std::uint64_t i = 1 + rng.below(4); i > 0; --i) {
      if (!pattern.empty()) pattern += '/';
      pattern += rng.chance(1, 3) ? "**" : draw("ab*?", 1 + rng.below(3));
    }
    std::string path;
    for (std::uint64_t i = 1 + rng.below(4); i > 0; --i) {
      if (!path.empty()) path += '/';
      path += draw("ab", 1 + rng.below(3));
    }
    const auto glob = Glob::parse(pattern);
    if (!glob.has_value()) continue;
    EXPECT_EQ(glob->matches(path), slow_path(pattern, path, true)) << pattern << " on " << path;
    matched += glob->matches(path) ? 1 : 0;
  }
  EXPECT_GT(matched, 1000);
}

TEST(Glob, HostilePatternsEnd) {
  std::string stars;
  for (int i = 0; i < 200; ++i) stars += "*a";
  const auto glob = Glob::parse(stars + "b");
  ASSERT_TRUE(glob.has_value());
  EXPECT_FALSE(glob->matches(std::string(1000, 'a')));
  std::string depth;
  for (int i = 0; i < 200; ++i) depth += "**/a/";
  std::string path;
  for (int i = 0; i < 500; ++i) path += "a/";
  const auto deep = Glob::parse(depth + "b");
  ASSERT_TRUE(deep.has_value());
  EXPECT_FALSE(deep->matches(path + "a"));
  EXPECT_TRUE(deep->matches(path + "b"));
}

}  // namespace
}  // namespace skep::site
