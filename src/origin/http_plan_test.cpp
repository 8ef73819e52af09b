#include "origin/http_plan.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace skep::origin {
namespace {

using net::HttpRequest;
using testing::HasSubstr;
using testing::Not;

constexpr std::int64_t kModified = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT
constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

net::FileStamp stamp(std::uint64_t size, std::uint64_t inode = 5) {
  return {1, inode, size, kModified * 1'000'000'000 + 123};
}

FileFacts file(std::uint64_t size = 100) {
  FileFacts out;
  out.kind = FileKind::file;
  out.stamp = stamp(size);
  return out;
}
FileFacts compressed() {
  FileFacts out = file();
  out.brotli = stamp(40, 6);
  out.gzip = stamp(50, 7);
  return out;
}
HttpRequest get(std::string_view target) {
  HttpRequest out;
  out.method = "GET";
  out.target = target;
  out.has_host = true;
  return out;
}
HttpPlan plan(const HttpRequest& request, const FileFacts& facts, const FileFacts& page = {}) {
  return decide_response(request, route_request(request), facts, page);
}
std::string etag(const FileFacts& facts) { return etag_of(facts.stamp, Coding::identity); }

TEST(HttpPlan, AWholeFile) {
  const HttpPlan out = plan(get("/a/b.png"), file());
  EXPECT_EQ(out.status, 200);
  EXPECT_TRUE(out.with_file);
  EXPECT_EQ(out.part, (net::ByteRange{0, 100}));
  EXPECT_THAT(out.fields, HasSubstr("Content-Type: image/png\r\n"));
  EXPECT_THAT(out.fields, HasSubstr("Content-Length: 100\r\n"));
  EXPECT_THAT(out.fields, HasSubstr("Accept-Ranges: bytes\r\n"));
  EXPECT_THAT(out.fields, HasSubstr(std::string("Last-Modified: ") + kDate + "\r\n"));
  EXPECT_THAT(out.fields, HasSubstr("Access-Control-Allow-Origin: *\r\n"));
  EXPECT_THAT(out.fields, HasSubstr("X-Content-Type-Options: nosniff\r\n"));
  EXPECT_THAT(out.fields, Not(HasSubstr("Vary")));
}

TEST(HttpPlan, HeadHasTheFieldsOfGetAndNoBody) {
  HttpRequest request = get("/a.png");
  const HttpPlan whole = plan(request, file());
  request.method = "HEAD";
  request.range = "bytes=0-9";  // RFC 9110 §14.2: only for GET
  const HttpPlan head = plan(request, file());
  EXPECT_TRUE(head.head_only);
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.fields, whole.fields);
}

TEST(HttpPlan, ARangeIsOfTheIdentityEvenIfACodingIsWelcome) {
  HttpRequest request = get("/a.js");
  request.accept_encoding = "br";
  request.range = "bytes=10-19";
  const HttpPlan out = plan(request, compressed());
  EXPECT_EQ(out.status, 206);
  EXPECT_EQ(out.coding, Coding::identity);
  EXPECT_EQ(out.part, (net::ByteRange{10, 20}));
  EXPECT_THAT(out.fields, HasSubstr("Content-Range: bytes 10-19/100\r\n"));
  EXPECT_THAT(out.fields, HasSubstr("Content-Length: 10\r\n"));
  EXPECT_THAT(out.fields, HasSubstr("Vary: Accept-Encoding\r\n"));
  EXPECT_THAT(out.fields, Not(HasSubstr("Content-Encoding:")));
}

TEST(HttpPlan, SeveralRangesAreOneMultipartBody) {
  net::HttpRequest request = get("/a.png");
  request.range = "bytes=0-0,40-49, 300-";
  FileFacts facts = file(1000);
  const HttpPlan out = plan(request, facts);
  EXPECT_EQ(out.status, 206);
  ASSERT_EQ(out.parts.size(), 2u) << "a small gap is sent along";
  EXPECT_EQ(out.parts[0].range, (net::ByteRange{0, 50}));
  EXPECT_EQ(out.parts[1].range, (net::ByteRange{300, 1000}));
  EXPECT_THAT(out.parts[1].before, HasSubstr("\r\nContent-Type: image/png\r\n"));
  EXPECT_THAT(out.parts[1].before, HasSubstr("\r\nContent-Range: bytes 300-999/1000\r\n\r\n"));
  EXPECT_THAT(out.fields, HasSubstr("Content-Type: multipart/byteranges; boundary=skep-"));
  EXPECT_THAT(out.fields, Not(HasSubstr("\nContent-Range")));
  EXPECT_THAT(out.text, testing::EndsWith("--\r\n"));

  request.range = "bytes=0-9,5-20,15-30";
  const HttpPlan one = plan(request, facts);
  EXPECT_TRUE(one.parts.empty());
  EXPECT_EQ(one.part, (net::ByteRange{0, 31})) << "overlapping: a plain single part";
  std::string many = "bytes=0-0";
  for (int i = 1; i < 40; ++i) many += "," + std::to_string(i * 20) + "-" + std::to_string(i * 20);
  request.range = many;
  EXPECT_EQ(plan(request, facts).status, 200) << "too many to be serious: everything, once";
  request.range = "bytes=0-0,900-";
  request.if_range = "\"another\"";
  EXPECT_EQ(plan(request, facts).status, 200);
}

TEST(HttpPlan, CacheControlIsTheAuthorsButForSkepsOwnFiles) {
  FileFacts facts = file(10);
  facts.cache = "public, max-age=60";
  EXPECT_THAT(plan(get("/a.png"), facts).fields,
              HasSubstr("Cache-Control: public, max-age=60\r\n"));
  EXPECT_THAT(plan(get("/a.html"), facts).fields,
              HasSubstr("Cache-Control: public, max-age=60\r\n"));
  EXPECT_THAT(plan(get("/.well-known/skep/latest"), facts).fields,
              HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(plan(get("/skep-sw.js"), facts).fields, HasSubstr("Cache-Control: no-cache\r\n"));
}

TEST(HttpPlan, ARangeBeyondTheEndIs416) {
  HttpRequest request = get("/a.js");
  request.range = "bytes=100-";
  const HttpPlan out = plan(request, file());
  EXPECT_EQ(out.status, 416);
  EXPECT_THAT(out.fields, HasSubstr("Content-Range: bytes */100\r\n"));
  EXPECT_FALSE(out.with_file);
}

TEST(HttpPlan, IfRangeGivesAPartOnlyOfTheSameBytes) {
  struct Row {
    std::string value;
    int status;
  };
  const std::string tag = etag(file());
  for (const Row& row :
       {Row{tag, 206}, Row{"W/" + tag, 200}, Row{"\"other\"", 200}, Row{kDate, 206},
        Row{"Sun, 06 Nov 1994 08:49:38 GMT", 200}, Row{"nonsense", 200}}) {
    HttpRequest request = get("/a.png");
    request.range = "bytes=0-0";
    request.if_range = row.value;
    EXPECT_EQ(plan(request, file()).status, row.status) << row.value;
  }
}

TEST(HttpPlan, ConditionsComeInTheOrderOfTheRfc) {
  struct Row {
    std::string match, none_match, modified, unmodified;
    int status;
  };
  const std::string tag = etag(file());
  const std::string before = "Sun, 06 Nov 1994 08:49:36 GMT";
  for (const Row& row : {
           Row{"", tag, "", "", 304}, Row{"", "W/" + tag, "", "", 304}, Row{"", "*", "", "", 304},
           Row{"", "\"x\"", "", "", 200},
           Row{"", "\"x\"", kDate, "", 200},  // If-None-Match silences If-Modified-Since
           Row{"", "", kDate, "", 304}, Row{"", "", before, "", 200},
           Row{"", "", "nonsense", "", 200}, Row{"\"x\"", "", "", "", 412},
           Row{"W/" + tag, "", "", "", 412}, Row{tag, "", "", "", 200}, Row{tag, tag, "", "", 304},
           Row{"", "", "", before, 412}, Row{"", "", "", kDate, 200},
           Row{tag, "", "", before, 200},  // If-Match silences If-Unmodified-Since
       }) {
    HttpRequest request = get("/a.png");
    request.if_match = row.match;
    request.if_none_match = row.none_match;
    request.if_modified_since = row.modified;
    request.if_unmodified_since = row.unmodified;
    const HttpPlan out = plan(request, file());
    EXPECT_EQ(out.status, row.status);
    if (out.status == 304) {
      EXPECT_THAT(out.fields, HasSubstr("ETag: " + tag));
      EXPECT_FALSE(out.with_file);
    }
  }
}

TEST(HttpPlan, TheBestAcceptedCodingIsSentWithAnEntityTagOfItsOwn) {
  struct Row {
    const char* accept;
    Coding coding;
    std::uint64_t size;
  };
  for (const Row& row :
       {Row{"gzip, deflate, br", Coding::brotli, 40}, Row{"gzip", Coding::gzip, 50},
        Row{"br;q=0.5, gzip", Coding::gzip, 50}, Row{"br;q=0", Coding::identity, 100},
        Row{"", Coding::identity, 100}, Row{"identity, br;q=0.5", Coding::identity, 100},
        Row{"*", Coding::brotli, 40}, Row{"identity;q=0, zstd", Coding::identity, 100}}) {
    HttpRequest request = get("/a.js");
    request.accept_encoding = row.accept;
    const HttpPlan out = plan(request, compressed());
    EXPECT_EQ(out.coding, row.coding) << row.accept;
    EXPECT_EQ(out.part.end, row.size) << row.accept;
    EXPECT_THAT(out.fields, HasSubstr("Vary: Accept-Encoding\r\n"));
    EXPECT_THAT(out.fields, HasSubstr("Content-Type: text/javascript"));
  }
  HttpRequest request = get("/a.js");
  request.accept_encoding = "br";
  const std::string identity_tag = etag(compressed());
  request.if_none_match = identity_tag;
  EXPECT_EQ(plan(request, compressed()).status, 200) << "another representation";
  const std::string brotli_tag = etag_of(*compressed().brotli, Coding::brotli);
  request.if_none_match = brotli_tag;
  EXPECT_EQ(plan(request, compressed()).status, 304);
}

TEST(HttpPlan, CachesByWhatAPathIs) {
  const std::string hash(64, 'a');
  EXPECT_EQ(cache_control_of(".well-known/skep/latest"), "no-store");
  EXPECT_THAT(std::string(cache_control_of(".well-known/skep/rt/runtime.0123456789.js")),
              HasSubstr("immutable"));
  EXPECT_THAT(std::string(cache_control_of(".well-known/skep/" + hash + ".torrent")),
              HasSubstr("immutable"));
  for (const char* path : {"skep.js", "skep-sw.js", ".well-known/skep/offline.json", "index.html",
                           "docs/a.htm", ".well-known/skep/x.torrent"})
    EXPECT_EQ(cache_control_of(path), "no-cache") << path;
  EXPECT_EQ(cache_control_of("assets/a.png"), "");
  EXPECT_EQ(cache_control_of("rt/a.js"), "");
}

TEST(HttpPlan, DirectoriesGetAnIndexOrARelativeRedirect) {
  EXPECT_EQ(route_request(get("/")).path, "index.html");
  EXPECT_EQ(route_request(get("/docs/")).path, "docs/index.html");
  FileFacts directory;
  directory.kind = FileKind::directory;
  const HttpPlan out = plan(get("/a/do%20cs?x=1"), directory);
  EXPECT_EQ(out.status, 301);
  EXPECT_THAT(out.fields, HasSubstr("Location: ./do%20cs/?x=1\r\n"));
  EXPECT_THAT(plan(get("//evil.example"), directory).fields,
              HasSubstr("Location: ./evil.example/\r\n"));
}

TEST(HttpPlan, WhatIsMissingGetsTheSitesOwnPage) {
  EXPECT_EQ(plan(get("/x"), {}).status, 404);
  EXPECT_THAT(plan(get("/x"), {}).text, HasSubstr("404"));
  const HttpPlan out = plan(get("/x"), {}, file(77));
  EXPECT_EQ(out.status, 404);
  EXPECT_TRUE(out.with_file);
  EXPECT_THAT(out.fields, HasSubstr("Content-Length: 77\r\n"));
  EXPECT_THAT(out.fields, HasSubstr("text/html"));
}

TEST(HttpPlan, OtherMethodsAreNotAllowed) {
  HttpRequest request = get("/a");
  for (const char* method : {"POST", "PUT", "DELETE", "TRACE", "CONNECT", "get"}) {
    request.method = method;
    const HttpPlan out = plan(request, file());
    EXPECT_EQ(out.status, 405) << method;
    EXPECT_THAT(out.fields, HasSubstr("Allow: GET, HEAD, OPTIONS\r\n"));
  }
}

TEST(HttpPlan, APreflightAllowsRangesAndTheEnginesMark) {
  HttpRequest request = get("/a");
  request.method = "OPTIONS";
  request.origin = "https://elsewhere.example";
  request.request_method = "GET";
  const HttpPlan out = plan(request, {});
  EXPECT_EQ(out.status, 204);
  EXPECT_THAT(out.fields, HasSubstr("Access-Control-Allow-Headers: Range, "));
  EXPECT_THAT(out.fields, HasSubstr("Skep"));
  EXPECT_THAT(out.fields, HasSubstr("Access-Control-Allow-Origin: *"));
  request.target = "*";
  EXPECT_EQ(plan(request, {}).status, 204);
}

TEST(HttpRoute, KnowsItsOwnAddresses) {
  const auto kind = [](const char* target) { return route_request(get(target)).kind; };
  EXPECT_EQ(kind("/healthz"), RouteKind::healthz);
  EXPECT_EQ(kind("/.well-known/skep/tracker"), RouteKind::tracker);
  EXPECT_EQ(kind("/some/sub/.well-known/skep/tracker"), RouteKind::tracker);
  EXPECT_EQ(kind("/announce"), RouteKind::tracker);
  EXPECT_EQ(kind("/x.well-known/skep/tracker"), RouteKind::file);
  EXPECT_EQ(kind("/docs/announce"), RouteKind::file);
}

TEST(HttpRoute, HidesWhatIsNobodysBusiness) {
  for (const char* target :
       {"/.git/config", "/a/.htpasswd", "/skep.toml", "/a/skep.toml", "/x.key", "/.well-known/.x",
        "/site.publishing-123/index.html", "/.well-known/../a"})
    EXPECT_NE(route_request(get(target)).kind, RouteKind::file) << target;
  EXPECT_EQ(route_request(get("/.git/config")).status, 404) << "as if it were not there";
  EXPECT_EQ(route_request(get("/../x")).status, 400);
  EXPECT_EQ(route_request(get("/.well-known/security.txt")).kind, RouteKind::file);
  EXPECT_EQ(route_request(get("/a.b/c.d")).kind, RouteKind::file);
}

}  // namespace
}  // namespace skep::origin
