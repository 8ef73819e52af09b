#include "codec/url.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"
#include "codec/utf8.hpp"

namespace skep::codec {
namespace {

using base::Errc;

TEST(UrlPath, DecodesToThePlainPath) {
  EXPECT_EQ(parse_url_path("docs/a%20b.html")->path, "docs/a b.html");
  EXPECT_EQ(parse_url_path("/docs/a.html")->path, "docs/a.html");
  EXPECT_EQ(parse_url_path("gr%C3%B6%C3%9Fe/%F0%9F%90%9D.svg")->path, "größe/🐝.svg");
  EXPECT_EQ(parse_url_path("größe")->path, "größe");
  EXPECT_FALSE(parse_url_path("docs/a.html")->directory);
}

TEST(UrlPath, KnowsDirectoriesByTheirSlash) {
  EXPECT_EQ(parse_url_path("docs/")->path, "docs");
  EXPECT_TRUE(parse_url_path("docs/")->directory);
  EXPECT_EQ(parse_url_path("/")->path, "");
  EXPECT_TRUE(parse_url_path("")->directory);
}

TEST(UrlPath, RefusesWhateverCouldLeaveTheRoot) {
  for (const std::string_view text :
       {"..",         "../a",  "a/../b", "a/..",  ".",     "a/./b",          "%2e%2e/a",
        "a/%2E%2E/b", "a//b",  "//a",    "a//",   "a%2Fb", "a%2fb",          "a%5Cb",
        "a\\b",       "a%00b", "a%0Ab",  "a%7Fb", "a\x01", "%C0%AE%C0%AE/a", "%FF"})
    EXPECT_EQ(parse_url_path(text).code(), Errc::unsafe_path) << text;
}

TEST(UrlPath, RefusesWhatIsNoPath) {
  for (const std::string_view text : {"a?b", "a#b", "a b", "a\"b", "a<b", "%", "a%1", "%zz", "a^b"})
    EXPECT_EQ(parse_url_path(text).code(), Errc::bad_syntax) << text;
  EXPECT_EQ(parse_url_path(std::string(256, 'a')).code(), Errc::limit_exceeded);
  EXPECT_TRUE(parse_url_path(std::string(255, 'a')).has_value());
  std::string deep;
  while (deep.size() <= base::kPathSizeMax) deep += "dir/";
  EXPECT_EQ(parse_url_path(deep + "a").code(), Errc::limit_exceeded);
}

TEST(UrlPath, EncodingReadsBackForEveryByteThatMayStandInAName) {
  for (int c = 1; c < 0x80; ++c) {
    const std::string path = std::string("a") + static_cast<char>(c) + "b";
    if (!check_plain_path(path).has_value()) continue;
    const auto back = parse_url_path(encode_url_path(path));
    ASSERT_TRUE(back.has_value()) << c;
    EXPECT_EQ(back->path, path);
  }
  EXPECT_EQ(encode_url_path("a b/ü:%?#"), "a%20b/%C3%BC%3A%25%3F%23");
}

TEST(Utf8, AcceptsExactlyTheWellFormed) {
  for (const std::string_view text :
       {"", "a", "é", "日本", "🐝", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"})
    EXPECT_TRUE(is_utf8(text)) << text;
  for (const std::string_view text :
       {"\x80", "\xc0\xae", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x82", "\xc3(", "\xf0\x9f\x90"})
    EXPECT_FALSE(is_utf8(text));
}

}  // namespace
}  // namespace skep::codec
