#include "site/site_map.hpp"

#include <gtest/gtest.h>

#include <string>

#include "site/url_path.hpp"

namespace skep::site {
namespace {

using base::Errc;
using base::FileIndex;
using Paths = std::vector<std::string_view>;

base::Result<SiteMap> parse(std::string_view text, const Paths& paths) {
  const auto document = codec::decode_bencode(base::as_bytes(text));
  EXPECT_TRUE(document.has_value()) << text;
  return parse_site_map(document->root(), paths);
}

const FileClass kPng{"image/png", "", "public, max-age=60"};
const FileClass kHtml{"text/html; charset=utf-8", "", ""};

TEST(SiteMap, IsTheDocumentedBytes) {
  const std::vector<FileClass> files = {kPng, kHtml, kPng};
  const SiteMap map = make_site_map(files, {{"docs/", FileIndex(1)}});
  EXPECT_EQ(base::as_text(encode_site_map(map)),
            "d7:classesld5:cache18:public, max-age=604:type9:image/pnge"
            "d4:type24:text/html; charset=utf-8ee5:filesli0ei1ei0ee4:urlsd5:docs/i1ee1:vi1ee");
}

TEST(SiteMap, ComesBackAsItWas) {
  const std::vector<FileClass> files = {kPng, kHtml, {"text/plain", "gzip", ""}};
  const SiteMap map = make_site_map(files, {{"z/", FileIndex(1)}, {"", FileIndex(0)}});
  const auto out = parse(base::as_text(encode_site_map(map)), {"a.png", "b.html", "c.txt.gz"});
  ASSERT_TRUE(out.has_value());
  EXPECT_EQ(*out, map);
  EXPECT_EQ(out->headers_of(FileIndex(2)).encoding, "gzip");
}

TEST(SiteMap, WithoutSkepEveryFileIsItsOwnUrl) {
  const Paths paths = {"x/b", "a"};
  const auto map = parse_site_map(std::nullopt, paths);
  ASSERT_TRUE(map.has_value());
  EXPECT_EQ(map->headers_of(FileIndex(1)).type, "application/octet-stream");
  const UrlIndex index(*map, paths);
  EXPECT_EQ(index.find("x/b"), FileIndex(0));
  EXPECT_EQ(index.find("a"), FileIndex(1));
  EXPECT_EQ(index.find(""), std::nullopt);
}

TEST(SiteMap, AliasesAreFoundAsUrls) {
  const Paths paths = {"docs/index.html", "z"};
  const std::vector<FileClass> files = {kHtml, kPng};
  const SiteMap map = make_site_map(files, {{"docs/", FileIndex(0)}});
  const UrlIndex index(map, paths);
  EXPECT_EQ(index.find("docs/"), FileIndex(0));
  EXPECT_EQ(index.find("docs/index.html"), FileIndex(0));
  EXPECT_EQ(index.find("docs"), std::nullopt);
  EXPECT_EQ(index.size(), 3u);
}

TEST(SiteMap, ASwarmFormIsKnownByTheUrlOfWhatItStandsFor) {
  const Paths paths = {"docs/index.html.gz", "old.gz"};
  const std::vector<FileClass> files = {{"text/html", "gzip", ""}, {"application/gzip", "", ""}};
  const SiteMap map = make_site_map(files, {{"docs/", FileIndex(0)}});
  const auto out = parse(base::as_text(encode_site_map(map)), paths);
  ASSERT_TRUE(out.has_value());
  const UrlIndex index(*out, paths);
  EXPECT_EQ(index.find("docs/index.html"), FileIndex(0));
  EXPECT_EQ(index.find("docs/"), FileIndex(0));
  EXPECT_EQ(index.find("docs/index.html.gz"), std::nullopt);
  EXPECT_EQ(index.find("old.gz"), FileIndex(1));
  EXPECT_EQ(url_of("x.gz", {"text/plain", "br", ""}), "x.gz");
  EXPECT_EQ(url_of(".gz", {"text/plain", "gzip", ""}), ".gz");
}

TEST(SiteMap, ASwarmFormHasASuffixAndAUrlOfItsOwn) {
  constexpr const char* kMap =
      "d7:classesld8:encoding4:gzip4:type1:aed4:type1:aee5:filesli0ei1ee1:vi1ee";
  EXPECT_TRUE(parse(kMap, {"x.gz", "y"}).has_value());
  EXPECT_EQ(parse(kMap, {"x", "y"}).code(), Errc::bad_value);
  EXPECT_EQ(parse(kMap, {".gz", "y"}).code(), Errc::bad_value);
  EXPECT_EQ(parse(kMap, {"x/.gz", "y"}).code(), Errc::bad_value);
  EXPECT_EQ(parse(kMap, {"y.gz", "y"}).code(), Errc::duplicate);
  EXPECT_EQ(
      parse("d7:classesld8:encoding4:gzip4:type1:aee5:filesli0ee4:urlsd1:xi0ee1:vi1ee", {"x.gz"})
          .code(),
      Errc::duplicate);
}

TEST(SiteMap, RefusesWhatIsWrong) {
  struct Row {
    const char* text;
    Errc code;
  };
  const Row rows[] = {
      {"i1e", Errc::wrong_type},
      {"de", Errc::missing_field},
      {"d7:classesle5:filesle1:vi2ee", Errc::unsupported},
      {"d7:classesle5:filesle1:vi1ee", Errc::out_of_range},
      {"d7:classesld4:type1:aee5:filesli0ei0ei0ee1:vi1ee", Errc::out_of_range},
      {"d7:classesld4:type1:aee5:filesli0ei1ee1:vi1ee", Errc::out_of_range},
      {"d7:classesld4:type1:aee5:filesli0ei-1ee1:vi1ee", Errc::out_of_range},
      {"d7:classesld4:type1:aed4:type1:bee5:filesli0ei0ee1:vi1ee", Errc::not_canonical},
      {"d7:classesld4:type1:aed4:type1:bee5:filesli1ei0ee1:vi1ee", Errc::not_canonical},
      {"d7:classesld4:type1:aed4:type1:aee5:filesli0ei1ee1:vi1ee", Errc::duplicate},
      {"d7:classesldee5:filesli0ei0ee1:vi1ee", Errc::missing_field},
      {"d7:classesld4:type0:ee5:filesli0ei0ee1:vi1ee", Errc::bad_value},
      {"d7:classesld4:type3:a\r\nee5:filesli0ei0ee1:vi1ee", Errc::bad_value},
      {"d7:classesld5:cache2:\xc3\xa4"
       "4:type1:aee5:filesli0ei0ee1:vi1ee",
       Errc::bad_value},
      {"d7:classesld4:type1:aee5:filesli0ei0ee4:urlsd1:xi0ee1:vi1ee", Errc::duplicate},
      {"d7:classesld4:type1:aee5:filesli0ei0ee4:urlsd1:zi2ee1:vi1ee", Errc::out_of_range},
      {"d7:classesld4:type1:aee5:filesli0ei0ee4:urlsd2:/zi0ee1:vi1ee", Errc::unsafe_path},
      {"d7:classesld4:type1:aee5:filesli0ei0ee4:urlsd5:../z/i0ee1:vi1ee", Errc::unsafe_path},
      {"d7:classesld4:type1:aee5:filesli0ei0ee4:urlsle1:vi1ee", Errc::wrong_type},
  };
  for (const Row& row : rows) EXPECT_EQ(parse(row.text, {"x", "y"}).code(), row.code) << row.text;
  EXPECT_TRUE(
      parse("d7:classesld4:type1:aee5:filesli0ei0ee4:urlsd0:i0ee1:vi1ee", {"x", "y"}).has_value());
}

TEST(SiteMap, ClassesAndTextsAreBounded) {
  std::string classes, files;
  for (std::size_t i = 0; i <= kClassesMax; ++i) {
    const std::string type = "a/" + std::to_string(i);
    classes += "d4:type" + std::to_string(type.size()) + ":" + type + "e";
  }
  EXPECT_EQ(parse("d7:classesl" + classes + "e5:filesle1:vi1ee", {}).code(), Errc::limit_exceeded);
  const std::string longest(kHeaderValueMax + 1, 'a');
  EXPECT_EQ(parse("d7:classesld4:type256:" + longest + "ee5:filesli0ee1:vi1ee", {"x"}).code(),
            Errc::limit_exceeded);
}

TEST(UrlPath, AcceptsOneSpellingOnly) {
  for (const char* good :
       {"a", "a/b.png", "\xc3\xa4/\xe2\x82\xac/\xf0\x9f\x90\x9d.txt", "a b", "..a"})
    EXPECT_TRUE(check_file_path(good).has_value()) << good;
  for (const char* bad : {"", "/a", "a/", "a//b", ".", "a/..", "a\n", "\xc3", "\xc0\x80",
                          "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff", "\xe2\x82"})
    EXPECT_EQ(check_file_path(bad).code(), Errc::unsafe_path) << bad;
  EXPECT_EQ(check_file_path(std::string(256, 'a')).code(), Errc::limit_exceeded);
  EXPECT_TRUE(check_url_path("").has_value());
  EXPECT_TRUE(check_url_path("docs/").has_value());
  EXPECT_FALSE(check_url_path("/").has_value());
  EXPECT_FALSE(check_url_path("docs//").has_value());
}

}  // namespace
}  // namespace skep::site
