#include "net/http_url.hpp"

#include <gtest/gtest.h>

namespace skep::net {
namespace {

using base::Errc;

std::string resolved(std::string_view base, std::string_view reference) {
  const auto from = parse_http_url(base);
  const auto found = parse_reference(*from, reference);
  return found ? found->text() : "";
}

TEST(HttpUrl, ReadsItsParts) {
  const auto url = parse_http_url("HTTPS://user:pw@Example.com:8443/a%20b/c d?x=1#part");
  ASSERT_TRUE(url.has_value());
  EXPECT_EQ(url->text(), "https://example.com:8443/a%20b/c%20d?x=1");
  EXPECT_EQ(url->path(), "/a%20b/c%20d");
  EXPECT_TRUE(url->tls());
  EXPECT_EQ(parse_http_url("http://h")->text(), "http://h/");
  EXPECT_EQ(parse_http_url("http://h?q")->text(), "http://h/?q");
  EXPECT_EQ(parse_http_url("wss://[::1]/t")->authority(), "[::1]");
  EXPECT_EQ(parse_http_url("ws://[::1]:99/t")->authority(), "[::1]:99");
  EXPECT_EQ(parse_http_url("ws://h:80/")->authority(), "h");
}

TEST(HttpUrl, KnowsThisMachine) {
  for (const char* local :
       {"http://localhost/", "http://a.localhost/", "http://127.0.0.9/", "http://[::1]/"})
    EXPECT_TRUE(parse_http_url(local)->loopback()) << local;
  for (const char* other :
       {"http://192.168.0.1/", "http://127.evil.example/", "http://localhost.x/"})
    EXPECT_FALSE(parse_http_url(other)->loopback()) << other;
}

TEST(HttpUrl, RefusesWhatIsNone) {
  EXPECT_EQ(parse_http_url("index.html").code(), Errc::bad_syntax);
  EXPECT_EQ(parse_http_url("mailto:a@b").code(), Errc::unsupported);
  EXPECT_EQ(parse_http_url("http:/h").code(), Errc::bad_syntax);
  EXPECT_EQ(parse_http_url("http://").code(), Errc::bad_syntax);
  EXPECT_EQ(parse_http_url("http://a b/").code(), Errc::bad_syntax);
  EXPECT_EQ(parse_http_url("http://h:0/").code(), Errc::bad_syntax);
  EXPECT_EQ(parse_http_url("http://h:99999/").code(), Errc::bad_syntax);
  EXPECT_EQ(parse_http_url("http://[::1/").code(), Errc::bad_syntax);
  EXPECT_EQ(parse_http_url("http://h\r\nX: y/").code(), Errc::bad_syntax);
  EXPECT_EQ(parse_http_url("http://" + std::string(300, 'a')).code(), Errc::limit_exceeded);
  EXPECT_EQ(parse_http_url("http://h/" + std::string(9000, 'a')).code(), Errc::limit_exceeded);
}

TEST(HttpUrl, ResolvesReferences) {  // RFC 3986 section 5.4, what is left of it
  const char* base = "http://a/b/c/d?q";
  EXPECT_EQ(resolved(base, "g"), "http://a/b/c/g");
  EXPECT_EQ(resolved(base, "./g/"), "http://a/b/c/g/");
  EXPECT_EQ(resolved(base, "/g"), "http://a/g");
  EXPECT_EQ(resolved(base, "//g"), "http://g/");
  EXPECT_EQ(resolved(base, "?y"), "http://a/b/c/d?y");
  EXPECT_EQ(resolved(base, "g?y#s"), "http://a/b/c/g?y");
  EXPECT_EQ(resolved(base, ""), "http://a/b/c/d?q");
  EXPECT_EQ(resolved(base, "."), "http://a/b/c/");
  EXPECT_EQ(resolved(base, ".."), "http://a/b/");
  EXPECT_EQ(resolved(base, "../../../g"), "http://a/g");
  EXPECT_EQ(resolved(base, "a:b"), "");
  EXPECT_EQ(resolved(base, "data:image/png;base64,AA"), "");
  EXPECT_EQ(resolved(base, " https://x/y \n"), "https://x/y");
}

}  // namespace
}  // namespace skep::net
