#include "net/http_fields.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"

namespace skep::net {
namespace {

using base::Errc;

TEST(Tokens, AreFoundInListsWithoutCase) {
  EXPECT_TRUE(names_token("keep-alive, Upgrade", "upgrade"));
  EXPECT_TRUE(names_token("UPGRADE", "upgrade"));
  EXPECT_FALSE(names_token("upgraded, up grade", "upgrade"));
  EXPECT_FALSE(names_token("", "upgrade"));
}

TEST(AcceptEncoding, WeighsCodingsByTheirQuality) {
  const auto check = [](const char* value, int identity, int gzip, int brotli) {
    const AcceptedCodings out = parse_accept_encoding(value);
    EXPECT_EQ(out.identity, identity) << value;
    EXPECT_EQ(out.gzip, gzip) << value;
    EXPECT_EQ(out.brotli, brotli) << value;
  };
  check("gzip, deflate, br", 1, 1000, 1000);
  check("gzip;q=0.5, br;q=0.25", 1, 500, 250);
  check("gzip;q=0", 1, 0, 0);
  check("*", 1, 1000, 1000);
  check("*;q=0", 0, 0, 0);
  check("br, *;q=0", 0, 0, 1000);
  check("identity;q=0.7, gzip;q=0.3", 700, 300, 0);
  check("GZIP ; Q=0.125", 1, 125, 0);
  check("gzip;q=1.001, br;q=x", 1, 0, 0);
  check("gzip;q=0.0000", 1, 0, 0);
  check("", 1, 0, 0);
  check("brotli, x-gzip", 1, 1000, 0);
}

TEST(Etag, IsFoundInListsWithTheRightComparison) {
  EXPECT_TRUE(names_etag("\"a\"", "\"a\"", false));
  EXPECT_TRUE(names_etag("\"x\", W/\"a\" , \"b\"", "\"a\"", true));
  EXPECT_FALSE(names_etag("W/\"a\"", "\"a\"", false));
  EXPECT_TRUE(names_etag("*", "\"a\"", false));
  EXPECT_FALSE(names_etag("\"b\"", "\"a\"", true));
  EXPECT_FALSE(names_etag("a", "\"a\"", true));
  EXPECT_FALSE(names_etag("\"x\" \"a\"", "\"a\"", true));
  EXPECT_FALSE(names_etag("\"a", "\"a\"", true));
  EXPECT_TRUE(names_etag("\"with, comma\", \"a\"", "\"a\"", true));
}

TEST(HttpDate, PrintsAndReadsTheExampleOfTheRfc) {
  EXPECT_EQ(print_http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT"), 784111777);
  EXPECT_EQ(print_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(print_http_date(951782400), "Tue, 29 Feb 2000 00:00:00 GMT");
}

TEST(HttpDate, SurvivesTheRoundTripForAnySecond) {
  base::Rng rng(7);
  for (int i = 0; i < 2000; ++i) {
    const auto second = static_cast<std::int64_t>(rng.below(253'402'300'800));  // year 9999
    EXPECT_EQ(parse_http_date(print_http_date(second)), second);
  }
}

TEST(HttpDate, ReadsTheObsoleteForms) {
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-94 08:49:37 GMT"), 784111777);
  EXPECT_EQ(parse_http_date("Sun Nov  6 08:49:37 1994"), 784111777);
  EXPECT_EQ(parse_http_date("Sun Nov 22 02:09:33 2026"),
            parse_http_date("Sun, 22 Nov 2026 02:09:33 GMT"));
  EXPECT_EQ(parse_http_date("Sunday, 22-Nov-26 02:09:33 GMT"),
            parse_http_date("Sun, 22 Nov 2026 02:09:33 GMT"));
}

TEST(HttpDate, RefusesOtherForms) {
  for (const char* text : {"", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun Nov 6 08:49:37 1994",
                           "Sunday, 06 Nov 94 08:49:37 GMT", "Sun Nov  6 08:49:37 94  ",
                           "Sunday, 06-Nov-94 08:49:37 CET", "Sun Nox  6 08:49:37 1994",
                           "Sun, 06 Nov 1994 08:49:37 CET", "Sun, 06 Nox 1994 08:49:37 GMT",
                           "Sun, 00 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT"})
    EXPECT_FALSE(parse_http_date(text)) << text;
}

TEST(Target, IsDecodedIntoAPlainPath) {
  const auto path = [](const char* target) { return parse_target(target)->path; };
  EXPECT_EQ(path("/"), "");
  EXPECT_EQ(path("/a/b.html"), "a/b.html");
  EXPECT_EQ(path("/a/b/"), "a/b/");
  EXPECT_EQ(path("/a%20b/%C3%BC"), "a b/\xc3\xbc");
  EXPECT_EQ(path("//evil.example//x"), "evil.example/x");
  EXPECT_EQ(path("/./a/./b"), "a/b");
  EXPECT_EQ(path("/a/."), "a/");
  EXPECT_EQ(path("/a?b=/../c"), "a");
  EXPECT_EQ(parse_target("/a?b=c")->query, "?b=c");
  EXPECT_EQ(path("http://host:80/a/b"), "a/b");
  EXPECT_EQ(path("HTTP://host"), "");
  EXPECT_EQ(path("/..a/b..c/..."), "..a/b..c/...");
}

TEST(Target, NeverLeavesTheRoot) {
  for (const char* target :
       {"/..", "/../etc/passwd", "/a/../../b", "/%2e%2e/x", "/.%2E/x", "/a/%2e%2e", "/a%2fb",
        "/..%2f..%2fetc", "/a%00b", "/a%5c..%5cb", "/a\\b", "/a%0d%0ab", "/%7f"})
    EXPECT_EQ(parse_target(target).code(), Errc::unsafe_path) << target;
  for (const char* target :
       {"", "a", "*", "/%", "/%4", "/%zz", "/a?b\r\nX: y", "ftp://host/a", "host:443"})
    EXPECT_EQ(parse_target(target).code(), Errc::bad_syntax) << target;
  EXPECT_EQ(parse_target("/" + std::string(kTargetSizeMax, 'a')).code(), Errc::limit_exceeded);
}

TEST(Target, EncodesSegmentsSoThatTheyComeBack) {
  base::Rng rng(3);
  for (int i = 0; i < 500; ++i) {
    std::string segment = "x";
    for (std::uint64_t n = rng.below(12); n > 0; --n)
      segment.push_back(static_cast<char>(0x20 + rng.below(0x5f)));
    std::erase(segment, '/');
    std::erase(segment, '\\');
    const auto back = parse_target("/" + encode_segment(segment));
    ASSERT_TRUE(back) << segment;
    EXPECT_EQ(back->path, segment);
  }
}

}  // namespace
}  // namespace skep::net
