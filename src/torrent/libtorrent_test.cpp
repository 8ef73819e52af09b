// What libtorrent 2.0 makes we read identically, what we make it reads identically.
#include <gtest/gtest.h>
#include <libtorrent/bencode.hpp>
#include <libtorrent/create_torrent.hpp>
#include <libtorrent/file_storage.hpp>
#include <libtorrent/torrent_info.hpp>

#include <filesystem>
#include <fstream>

#include "base/rng.hpp"
#include "torrent/builder.hpp"
#include "torrent/merkle.hpp"
#include "torrent/metainfo.hpp"

namespace skep::torrent {
namespace {

using base::Byte;
using base::Bytes;
using base::FileIndex;
using base::kBlockSize;

struct SourceFile {
  std::string path;
  Bytes content;
};

Bytes random_content(base::Rng& rng, std::size_t size) {
  Bytes out(size);
  for (Byte& b : out) b = static_cast<Byte>(rng.next());
  return out;
}

/// A tree of everything that is awkward about files.
std::vector<SourceFile> awkward_tree(base::Rng& rng) {
  std::vector<SourceFile> out;
  const auto add = [&](std::string path, std::size_t size) {
    out.push_back({std::move(path), random_content(rng, size)});
  };
  add("empty", 0);
  add("a/empty too", 0);
  add("one", 1);
  for (const std::size_t unit :
       {std::size_t{kBlockSize}, std::size_t{4 * kBlockSize}, std::size_t{16 * kBlockSize}})
    for (const std::size_t times : {std::size_t{1}, std::size_t{2}, std::size_t{5}}) {
      const std::string name = std::to_string(unit / 1024) + "k/x" + std::to_string(times);
      add(name, unit * times);
      add(name + "-minus", unit * times - 1);
      add(name + "-plus", unit * times + 1);
    }
  add("a/b/c/d/e/deep.bin", 100'000);
  add("a-b", 10);  // '-' sorts before '/': tree order is not text order
  add("a.txt", 10);
  add("größe/日本語/名前.png", 70'000);
  add("größe/emoji 🐝.svg", 3);
  add("with space/per%20cent&amp;", 12);
  for (int i = 0; i < 60; ++i) add("many/" + std::to_string(i) + ".js", rng.below(300));
  add("same/1", 0);
  out.push_back({"same/2", out[10].content});  // equal content, so an equal root and one layer
  out.push_back({"same/3", out[10].content});
  return out;
}

/// The tree on disk, for libtorrent's creator; removed with the object.
class TempTree {
 public:
  TempTree(const std::string& name, const std::vector<SourceFile>& files) {
    std::string pattern = (std::filesystem::temp_directory_path() / "skep-lt-XXXXXX").string();
    parent_ = ::mkdtemp(pattern.data());
    root_ = parent_ / name;
    for (const SourceFile& file : files) {
      const auto path = root_ / file.path;
      std::filesystem::create_directories(path.parent_path());
      std::ofstream out(path, std::ios::binary);
      out.write(reinterpret_cast<const char*>(file.content.data()),
                static_cast<std::streamsize>(file.content.size()));
    }
  }
  ~TempTree() { std::filesystem::remove_all(parent_); }
  TempTree(const TempTree&) = delete;
  TempTree& operator=(const TempTree&) = delete;
  std::string parent() const { return parent_.string(); }
  std::string root() const { return root_.string(); }

 private:
  std::filesystem::path parent_;
  std::filesystem::path root_;
};

std::vector<char> made_by_libtorrent(const TempTree& tree, int piece_length,
                                     lt::create_flags_t flags) {
  lt::file_storage files;
  lt::add_files(files, tree.root());
  lt::create_torrent creator(files, piece_length, flags);
  creator.set_creation_date(0);
  lt::set_piece_hashes(creator, tree.parent());
  std::vector<char> out;
  lt::bencode(std::back_inserter(out), creator.generate());
  return out;
}

base::ByteView view(const std::vector<char>& bytes) {
  return {reinterpret_cast<const Byte*>(bytes.data()), bytes.size()};
}

TorrentPlan plan_of(const std::string& name, std::uint32_t piece_length,
                    const std::vector<SourceFile>& files) {
  TorrentPlan plan;
  plan.name = name;
  plan.piece_length = piece_length;
  for (const SourceFile& file : files) {
    FileHasher hasher(piece_length);
    hasher.update(file.content);
    plan.files.push_back({file.path, hasher.finish()});
  }
  sort_tree_order(plan.files);
  return plan;
}

/// Names, sizes, roots, layers and info-hash as libtorrent sees them, against ours.
void expect_same(const Metainfo& ours, const lt::torrent_info& theirs) {
  const lt::sha256_hash hash = theirs.info_hashes().v2;
  EXPECT_EQ(base::as_text(ours.info.hash.view()), std::string_view(hash.data(), 32));
  EXPECT_EQ(ours.info.name, theirs.name());
  EXPECT_EQ(static_cast<int>(ours.info.piece_length), theirs.piece_length());
  const lt::file_storage& files = theirs.orig_files();
  std::uint32_t index = 0;
  for (const lt::file_index_t i : files.file_range()) {
    if (files.pad_file_at(i)) continue;
    ASSERT_LT(index, ours.info.files.size());
    const File& file = ours.info.files[index];
    const bool rootless = ours.info.files.size() == 1 && files.file_path(i) == file.path;
    EXPECT_EQ(rootless ? file.path : ours.info.name + "/" + file.path, files.file_path(i));
    EXPECT_EQ(static_cast<std::int64_t>(file.size), files.file_size(i)) << file.path;
    const lt::sha256_hash root = files.root(i);
    EXPECT_EQ(base::as_text(file.root.view()), std::string_view(root.data(), 32)) << file.path;
    const lt::span<char const> layer = theirs.piece_layer(i);
    const auto hashes = ours.layers.of(FileIndex(index));
    if (file.size > ours.info.piece_length) {
      ASSERT_EQ(static_cast<std::size_t>(layer.size()), hashes.size() * 32) << file.path;
      EXPECT_EQ(std::memcmp(layer.data(), hashes.data(), hashes.size() * 32), 0) << file.path;
    }
    ++index;
  }
  EXPECT_EQ(index, ours.info.files.size());
}

class WithLibtorrent : public testing::TestWithParam<int> {};

TEST_P(WithLibtorrent, WhatItMakesReadsIdenticallyAndWeMakeTheSame) {
  base::Rng rng(static_cast<std::uint64_t>(GetParam()));
  const auto files = awkward_tree(rng);
  const TempTree tree("site größe", files);
  const auto theirs = made_by_libtorrent(tree, GetParam(), lt::create_torrent::v2_only);
  const auto parsed = parse_metainfo(view(theirs));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
  EXPECT_EQ(parsed->info.files.size(), files.size());
  EXPECT_FALSE(parsed->info.hybrid);
  expect_same(*parsed, lt::torrent_info(theirs, lt::from_span));

  const auto built =
      build_torrent(plan_of("site größe", static_cast<std::uint32_t>(GetParam()), files));
  ASSERT_TRUE(built.has_value()) << built.error().what;
  EXPECT_EQ(built->info, parsed->info.raw);
  EXPECT_EQ(built->info_hash, parsed->info.hash);
}

TEST_P(WithLibtorrent, ReadsOursWithASiteMapInside) {
  base::Rng rng(static_cast<std::uint64_t>(GetParam()) + 1);
  TorrentPlan plan = plan_of("site", static_cast<std::uint32_t>(GetParam()), awkward_tree(rng));
  plan.skep = base::to_bytes(base::as_bytes("d7:classesle5:filesle1:vi1ee"));
  plan.trackers = {{"wss://a.example/"}, {"wss://b.example/", "wss://c.example/"}};
  plan.web_seeds = {"https://a.example/"};
  const auto built = build_torrent(plan);
  ASSERT_TRUE(built.has_value()) << built.error().what;
  const auto parsed = parse_metainfo(built->metainfo);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
  EXPECT_EQ(base::to_bytes(parsed->info.skep()), plan.skep);
  EXPECT_EQ(parsed->trackers, plan.trackers);
  EXPECT_EQ(parsed->web_seeds, plan.web_seeds);
  const lt::torrent_info theirs({reinterpret_cast<const char*>(built->metainfo.data()),
                                 static_cast<std::ptrdiff_t>(built->metainfo.size())},
                                lt::from_span);
  expect_same(*parsed, theirs);
  EXPECT_EQ(theirs.trackers().size(), 3U);
  ASSERT_EQ(theirs.web_seeds().size(), 1U);
  EXPECT_EQ(theirs.web_seeds().front().url, "https://a.example/");
}

TEST_P(WithLibtorrent, HybridsItMakesAreReadByTheirV2Half) {
  base::Rng rng(static_cast<std::uint64_t>(GetParam()) + 2);
  const auto files = awkward_tree(rng);
  const TempTree tree("hybrid", files);
  const auto theirs = made_by_libtorrent(tree, GetParam(), {});
  const auto parsed = parse_metainfo(view(theirs));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
  EXPECT_TRUE(parsed->info.hybrid);
  EXPECT_EQ(parsed->info.files.size(), files.size());
  expect_same(*parsed, lt::torrent_info(theirs, lt::from_span));

  const auto v1_only = made_by_libtorrent(tree, GetParam(), lt::create_torrent::v1_only);
  EXPECT_EQ(parse_metainfo(view(v1_only)).code(), base::Errc::unsupported);
}

INSTANTIATE_TEST_SUITE_P(PieceLengths, WithLibtorrent,
                         testing::Values(16 * 1024, 32 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024));

TEST(LibtorrentSingleFile, TorrentsOfOneFileAgree) {
  base::Rng rng(9);
  for (const std::size_t size : {std::size_t{1}, std::size_t{kBlockSize}, std::size_t{300'001}}) {
    const std::vector<SourceFile> files{{"movie.bin", random_content(rng, size)}};
    const TempTree tree(".", files);
    lt::file_storage storage;
    lt::add_files(storage, tree.parent() + "/movie.bin");
    lt::create_torrent creator(storage, 65536, lt::create_torrent::v2_only);
    lt::set_piece_hashes(creator, tree.parent());
    std::vector<char> theirs;
    lt::bencode(std::back_inserter(theirs), creator.generate());
    const auto parsed = parse_metainfo(view(theirs));
    ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
    expect_same(*parsed, lt::torrent_info(theirs, lt::from_span));
    EXPECT_EQ(build_torrent(plan_of("movie.bin", 65536, files))->info_hash, parsed->info.hash);
  }
}

}  // namespace
}  // namespace skep::torrent
