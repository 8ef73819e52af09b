#include "origin/audit.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "origin/body_coding.hpp"
#include "origin/compress.hpp"
#include "origin/page_links.hpp"
#include "origin/testing/live_site.hpp"
#include "origin/testing/publish_site.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using namespace testing;
using ::testing::HasSubstr;

AuditedFile file_of(std::uint64_t size) {
  AuditedFile out;
  out.path = "/a";
  out.size = out.compressed = size;
  out.caching = Caching::cached;
  out.shared = true;
  return out;
}

TEST(Assess, SavingsAddUpAndFollowFromTheAssumptions) {
  AuditedFile file = file_of(1'000'000);
  file.compressed = 400'000;
  file.caching = Caching::not_cached;
  file.shared = false;
  AuditAssumptions with;
  with.visits = 1000;
  with.returning = 0.5;
  with.peer_share = 0.8;
  with.price_per_gb = 0.1;
  const AuditReport report = assess({file}, with);
  EXPECT_EQ(report.traffic, 1'000'000'000u);
  EXPECT_DOUBLE_EQ(report.money, 0.1);
  ASSERT_EQ(report.findings.size(), 3u);
  EXPECT_EQ(name_of(report.findings[0].waste), "not-compressed");
  EXPECT_EQ(report.findings[0].saves, 600'000'000u);  // 1 MB to 0.4, each visit
  EXPECT_EQ(name_of(report.findings[1].waste), "not-cached");
  EXPECT_EQ(report.findings[1].saves, 200'000'000u);  // half of the visits
  EXPECT_EQ(name_of(report.findings[2].waste), "not-shared");
  EXPECT_NEAR(static_cast<double>(report.findings[2].saves), 160e6, 10);  // 80 % of what is left
  EXPECT_NEAR(report.saves_money, 0.096, 1e-6);
}

TEST(Assess, NothingIsWastedWhereNothingIs) {
  EXPECT_TRUE(assess({file_of(1'000'000)}, {}).findings.empty());
  AuditedFile page = file_of(50'000);
  page.page = true;
  page.shared = false;
  page.caching = Caching::unknown;
  EXPECT_TRUE(assess({page}, {}).findings.empty());
  AuditedFile secret = file_of(50'000);
  secret.shared = secret.shareable = false;
  EXPECT_TRUE(assess({secret}, {}).findings.empty());
}

TEST(Assess, TheLargestSavingComesFirst) {
  AuditedFile small = file_of(1000), large = file_of(9000);
  small.shared = large.shared = false;
  large.path = "/large";
  EXPECT_EQ(assess({small, large}, {}).findings[0].path, "/large");
}

TEST(AuditDirectory, MeasuresWhatIsNotCompressed) {
  const TempDirectory directory;
  write_small_site(directory / "site");
  write(directory / "site/assets/prose.txt.js", std::string(100'000, 'a'));
  const Observed seen = observe_directory(directory / "site");
  const AuditReport report = assess(seen.files, {});
  const auto prose =
      std::find_if(report.findings.begin(), report.findings.end(), [](const AuditFinding& f) {
        return f.path == "assets/prose.txt.js" && f.waste == Waste::not_compressed;
      });
  ASSERT_NE(prose, report.findings.end());
  for (const AuditedFile& file : seen.files) {
    EXPECT_NE(file.path, ".env");
    if (file.path == "assets/big.bin") {
      EXPECT_EQ(file.compressed, file.size) << "noise does not compress";
      EXPECT_TRUE(file.shared) << "as publish would label it";
    }
    if (file.path == "members/secret-list.txt") {
      EXPECT_FALSE(file.shared);
      EXPECT_THAT(file.sharing_why, HasSubstr("**/*.txt"));
    }
  }
}

TEST(AuditDirectory, APublicationHasLittleToSave) {
  const TempDirectory directory;
  write_small_site(directory / "site");
  publish(options_for(directory / "site", directory / "out"));
  const Observed seen = observe_directory(directory / "out");
  for (const AuditedFile& file : seen.files) {
    EXPECT_FALSE(file.path.ends_with(".br")) << file.path;
    EXPECT_FALSE(file.path.starts_with("skep")) << file.path;
    if (file.path == "assets/app.js") {
      EXPECT_LT(file.size, 10'000u);
    }
  }
  for (const AuditFinding& found : assess(seen.files, {}).findings)
    EXPECT_EQ(found.path, "members/secret-list.txt");
}

LiveSite::Lie say(const std::string& fields, const std::string& text) {
  return [=](const net::HttpRequest&) { return reply_with(200, fields, text); };
}

std::string why_of(const Observed& seen, const std::string& path,
                   std::string AuditedFile::* member) {
  for (const AuditedFile& file : seen.files)
    if (file.path == path) return file.*member;
  return "not seen";
}

Observed crawl(const LiveSite& site, const AuditLimits& limits = {}) {
  AuditUrl options;
  options.url = site.url();
  options.limits = limits;
  return observe_url(options);
}

TEST(AuditCrawl, SeesWhatABrowserWouldLoadAndJudgesIt) {
  const std::string html =
      "<link rel=stylesheet href=/s.css><script src='/a.js'></script><a "
      "href='/next?x=1&amp;y'>n</a>"
      "<img src=/cookie.png srcset='/one.png 1x, /two.png 2x'><img src='http://other.example/i'>"
      "<!-- <img src=/comment.png> --><a href='mailto:x'>m</a>";
  const std::string js(50'000, 'x');
  const auto conditional = [](const net::HttpRequest& request) {
    net::HttpReply reply = reply_with(request.if_none_match.empty() ? 200 : 304,
                                      "ETag: \"1\"\r\nCache-Control: no-cache\r\n", "");
    return reply;
  };
  const LiveSite site(
      "", {{"/", say("Content-Type: text/html\r\n", html)},
           {"/next?x=1&y", say("Content-Type: text/html\r\n", "<p>next</p>")},
           {"/s.css", say("Content-Type: text/css\r\nCache-Control: max-age=60\r\n",
                          "@import 'more.css'; b { background: url(\"bg.png\") }")},
           {"/more.css", say("Content-Type: text/css\r\nCache-Control: max-age=60\r\n", "b{}")},
           {"/bg.png", conditional},
           {"/a.js", say("Content-Type: text/javascript\r\nCache-Control: no-store\r\n", js)},
           {"/cookie.png", say("Set-Cookie: a=b\r\n", "123")},
           {"/one.png", say("ETag: \"1\"\r\nCache-Control: no-cache\r\n", "1")},
           {"/two.png", say("Cache-Control: max-age=60\r\n", "2")}});
  const Observed seen = crawl(site);
  EXPECT_EQ(seen.files.size(), 9u);
  EXPECT_EQ(why_of(seen, "/a.js", &AuditedFile::caching_why), "Cache-Control: no-store");
  EXPECT_THAT(why_of(seen, "/a.js", &AuditedFile::compressing_why), HasSubstr("Content-Encoding"));
  EXPECT_THAT(why_of(seen, "/cookie.png", &AuditedFile::sharing_why), HasSubstr("Set-Cookie"));
  EXPECT_THAT(why_of(seen, "/cookie.png", &AuditedFile::caching_why),
              HasSubstr("no Cache-Control"));
  EXPECT_THAT(why_of(seen, "/one.png", &AuditedFile::caching_why), HasSubstr("never answers 304"));
  EXPECT_EQ(why_of(seen, "/bg.png", &AuditedFile::caching_why), "");
  EXPECT_EQ(why_of(seen, "/more.css", &AuditedFile::caching_why), "");
  EXPECT_EQ(why_of(seen, "/two.png", &AuditedFile::sharing_why),
            "the site is not published with Skep");
  EXPECT_EQ(why_of(seen, "/comment.png", &AuditedFile::path), "not seen");
  std::string notes;
  for (const std::string& note : seen.notes) notes += note + "\n";
  EXPECT_THAT(notes, HasSubstr("1 links to http://other.example were not looked at"));
}

TEST(AuditCrawl, KnowsWhatAPublicationShares) {
  const TempDirectory directory;
  write_small_site(directory / "site");
  write(
      directory / "site/index.html",
      "<head></head><img src=assets/one><img src=assets/big.bin><img src=members/secret-list.txt>");
  PublishOptions options = options_for(directory / "site", directory / "out");
  options.inject = true;
  publish(options);
  const LiveSite site(directory / "out");
  for (const AuditedFile& file : crawl(site).files) {
    if (file.path == "/assets/big.bin") {
      EXPECT_TRUE(file.shared);
      EXPECT_EQ(file.size, 300'000u);
    }
    if (file.path == "/members/secret-list.txt") {
      EXPECT_FALSE(file.shared);
    }
  }
}

TEST(AuditCrawl, IsBounded) {
  // Each page links to a hundred new ones and claims to be huge.
  int asked = 0;
  std::map<std::string, LiveSite::Lie> lies;
  const auto page = [&asked](const net::HttpRequest& request) {
    ++asked;
    std::string html;
    for (int i = 0; i < 100; ++i)
      html += "<a href='" + std::string(request.target) + "?" + std::to_string(i) + "'></a>";
    return reply_with(200, "Content-Type: text/html\r\n", html + std::string(100'000, ' '));
  };
  lies.emplace("/", page);
  for (int i = 0; i < 100; ++i) lies.emplace("/?" + std::to_string(i), page);
  const LiveSite site("", lies);
  AuditLimits limits;
  limits.pages_max = 5;
  limits.body_max = 50'000;
  const Observed seen = crawl(site, limits);
  EXPECT_EQ(seen.files.size(), 5u);
  EXPECT_LE(asked, 101);
  for (const AuditedFile& file : seen.files) EXPECT_GT(file.size, 100'000u) << "as declared";
}

TEST(AuditCrawl, AFirstPageThatIsNotThereIsAnError) {
  const LiveSite site("", {});
  EXPECT_THROW(crawl(site), std::runtime_error);
}

TEST(PageLinks, ReadsTagsAsBrowsersDo) {
  const PageLinks found = find_page_links(
      "<!DOCTYPE html><BASE HREF='/b/'><script>'<img src=no>'</script ><IMG SRC = \"a&amp;b\">"
      "<video poster=p src=v></video><link rel='preload icon' href=i><link rel=canonical href=no>"
      "<a href='#top'><a href=' x '><style>b{background:URL( q.png )}</style><img src=unclosed");
  EXPECT_EQ(found.base, "/b/");
  std::string all;
  for (const Link& link : found.links) all += link.reference + " ";
  EXPECT_EQ(all, "a&b v p i x q.png unclosed ");
}

TEST(BodyCoding, UndoesWhatServersDoAndStopsAtALimit) {
  const TempDirectory directory;
  const std::string text(100'000, 'a');
  write(directory / "a", text);
  for (const Encoding encoding : {Encoding::brotli, Encoding::gzip}) {
    compress_file(directory / "a", directory / "c", encoding, Effort::quick);
    const std::string coded = read(directory / "c");
    fs::remove(directory / "c");
    const char* coding = encoding == Encoding::brotli ? "br" : "gzip";
    EXPECT_EQ(decode_body(coding, coded, 200'000), text);
    EXPECT_EQ(decode_body(coding, coded, 99'999), std::nullopt);
    EXPECT_EQ(decode_body(coding, coded.substr(0, coded.size() / 2), 200'000), std::nullopt);
  }
  EXPECT_EQ(decode_body("zstd", "x", 10), std::nullopt);
  EXPECT_EQ(decode_body("", "x", 10), "x");
}

TEST(BodyCoding, ASampleStandsForAll) {
  const std::string quarter(kSampleSize, 'a');
  const std::string text = quarter + quarter + quarter + quarter;
  const Compressed all = measure_compression(text, text.size());
  EXPECT_LT(all.gzip, text.size() / 100);
  const std::string random = noise(2 * kSampleSize, 1);
  EXPECT_GE(measure_compression(random, random.size()).brotli, random.size() * 99 / 100);
}

}  // namespace
}  // namespace skep::origin
