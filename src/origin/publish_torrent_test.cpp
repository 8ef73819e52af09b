#include "origin/publish_torrent.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "site/site_map.hpp"
#include "torrent/metainfo.hpp"

namespace skep::origin {
namespace {

torrent::PlannedFile file(std::string path, std::uint64_t size) {
  torrent::PlannedFile out;
  out.path = std::move(path);
  out.hashed.size = size;
  out.hashed.root.bytes.fill(static_cast<base::Byte>(size % 251 + 1));
  return out;
}

TEST(PlanTorrent, SmallSitesKeepEveryFile) {
  const auto planned =
      plan_torrent({"site", 65536, {file("b/index.html", 500), file("a.png", 20)}, {}});
  ASSERT_TRUE(planned.has_value());
  EXPECT_EQ(planned->files.size(), 2u);
  EXPECT_EQ(planned->budget, kMetadataFloor);
  EXPECT_EQ(planned->shared_bytes, 520u);
  const auto metainfo = torrent::parse_metainfo(planned->built.metainfo);
  ASSERT_TRUE(metainfo.has_value());
  const auto map = site::parse_site_map(metainfo->info);
  ASSERT_TRUE(map.has_value());
  const site::UrlIndex urls(*map, metainfo->info);
  EXPECT_EQ(urls.find("b/"), base::FileIndex(1));
  EXPECT_EQ(map->headers_of(base::FileIndex(0)).type, "image/png");
}

TEST(PlanTorrent, TheSmallestFilesAreLeftToHttpUntilTheMetadataFits) {
  TorrentRequest request{"site", 65536, {}, {}};
  for (int i = 0; i < 3000; ++i)
    request.files.push_back(file("tiny/file-" + std::to_string(i), 100 + std::uint64_t(i % 97)));
  for (int i = 0; i < 20; ++i)
    request.files.push_back(file("large/" + std::to_string(i), 60'000 + std::uint64_t(i)));
  const auto planned = plan_torrent(request);
  ASSERT_TRUE(planned.has_value());
  EXPECT_LE(planned->built.metainfo.size(), planned->budget);
  EXPECT_GT(planned->left_out.size(), 1000u);
  EXPECT_EQ(planned->files.size() + planned->left_out.size(), 3020u);
  // No file that was left out is larger than one that stayed, and one more would not have fitted.
  const auto size = [](const auto& a, const auto& b) { return a.hashed.size < b.hashed.size; };
  const auto largest_out = std::ranges::max_element(planned->left_out, size)->hashed.size;
  const auto smallest_in = std::ranges::min_element(planned->files, size)->hashed.size;
  EXPECT_LE(largest_out, smallest_in);
  EXPECT_GT(planned->built.metainfo.size() + 150, planned->budget);
  request.files = planned->files;
  EXPECT_EQ(plan_torrent(request)->built.info_hash, planned->built.info_hash);
}

TEST(PlanTorrent, SwarmFormsHaveTheTypeOfWhatTheyStandForAndItsSizeInTheBudget) {
  TorrentRequest request{"site", 65536, {file("b/index.html.gz", 500), file("c.gz", 20)}, {}};
  request.plain_sizes["b/index.html.gz"] = 10'000'000;
  const auto planned = plan_torrent(request);
  ASSERT_TRUE(planned.has_value());
  EXPECT_EQ(planned->shared_bytes, 10'000'020u);
  EXPECT_EQ(planned->budget, 100'000u);
  const auto metainfo = torrent::parse_metainfo(planned->built.metainfo);
  const auto map = site::parse_site_map(metainfo->info);
  ASSERT_TRUE(map.has_value());
  EXPECT_EQ(map->headers_of(base::FileIndex(0)), (site::FileClass{"text/html", "gzip", ""}));
  EXPECT_EQ(map->headers_of(base::FileIndex(1)).encoding, "");
  const site::UrlIndex urls(*map, metainfo->info);
  EXPECT_EQ(urls.find("b/"), base::FileIndex(0));
  EXPECT_EQ(urls.find("b/index.html"), base::FileIndex(0));
}

TEST(PlanTorrent, BudgetIsOnePercentOr64KilobytesWhicheverIsLarger) {
  EXPECT_EQ(metadata_budget(0), 64'000u);
  EXPECT_EQ(metadata_budget(6'400'000), 64'000u);
  EXPECT_EQ(metadata_budget(100'000'000), 1'000'000u);
}

TEST(PlanTorrent, TrackersStandOutsideOfTheInfo) {
  const std::vector<torrent::PlannedFile> files = {file("a", 5)};
  const auto without = plan_torrent({"site", 65536, files, {}});
  const auto with = plan_torrent({"site", 65536, files, {"wss://t.example/", "wss://u.example/"}});
  ASSERT_TRUE(with.has_value());
  EXPECT_EQ(with->built.info_hash, without->built.info_hash);
  const auto metainfo = torrent::parse_metainfo(with->built.metainfo);
  ASSERT_TRUE(metainfo.has_value());
  ASSERT_EQ(metainfo->trackers.size(), 2u);
  EXPECT_EQ(metainfo->trackers[1][0], "wss://u.example/");
}

TEST(PublishTorrent, CacheValuesTravelInTheSiteMap) {
  TorrentRequest request{"site", 65536, {file("a.png", 10), file("b.png", 20)}, {}};
  request.cache.push_back({{*site::Glob::parse("b.*")}, "max-age=60"});
  const auto planned = plan_torrent(request);
  ASSERT_TRUE(planned.has_value());
  const auto values = read_cache_values(planned->built.metainfo);
  ASSERT_TRUE(values.has_value());
  EXPECT_EQ(values->size(), 1u);
  EXPECT_EQ(values->at("b.png"), "max-age=60");
  EXPECT_FALSE(read_cache_values({}).has_value());
}

}  // namespace
}  // namespace skep::origin
