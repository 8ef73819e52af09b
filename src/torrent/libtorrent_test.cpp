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
#include "torrent/v1_half.hpp"

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
                    const std::vector<SourceFile>& files, bool hybrid = false) {
  TorrentPlan plan;
  plan.name = name;
  plan.piece_length = piece_length;
  plan.hybrid = hybrid;
  for (const SourceFile& file : files) {
    FileHasher hasher(piece_length, hybrid);
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
  EXPECT_EQ(ours.info.hybrid, theirs.info_hashes().has_v1());
  if (ours.info.hybrid) {
    const lt::sha1_hash v1 = theirs.info_hashes().v1;
    EXPECT_EQ(base::as_text(v1_info_hash(ours.info).view()), std::string_view(v1.data(), 20));
  }
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

/// The SHA-1 of every piece, which libtorrent lays out over files and pad files.
void expect_same_v1(const Info& ours, const lt::torrent_info& theirs) {
  const auto pieces = read_v1_half(ours);
  ASSERT_TRUE(pieces.has_value()) << pieces.error().what;
  ASSERT_EQ(static_cast<std::size_t>(theirs.num_pieces()), pieces->size());
  for (int i = 0; i < theirs.num_pieces(); ++i) {
    const lt::sha1_hash hash = theirs.hash_for_piece(lt::piece_index_t(i));
    ASSERT_EQ(base::as_text((*pieces)[static_cast<std::size_t>(i)].view()),
              std::string_view(hash.data(), 20))
        << i;
  }
}

TEST_P(WithLibtorrent, HybridsItMakesReadIdenticallyAndWeMakeTheSame) {
  base::Rng rng(static_cast<std::uint64_t>(GetParam()) + 2);
  const auto files = awkward_tree(rng);
  const TempTree tree("größe hybrid", files);
  const auto theirs = made_by_libtorrent(tree, GetParam(), {});
  const auto parsed = parse_metainfo(view(theirs));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
  EXPECT_TRUE(parsed->info.hybrid);
  EXPECT_EQ(parsed->info.files.size(), files.size());
  expect_same(*parsed, lt::torrent_info(theirs, lt::from_span));
  const auto built =
      build_torrent(plan_of("größe hybrid", static_cast<std::uint32_t>(GetParam()), files, true));
  ASSERT_TRUE(built.has_value()) << built.error().what;
  EXPECT_EQ(built->info, parsed->info.raw);
  EXPECT_EQ(built->info_hash, parsed->info.hash);
  EXPECT_EQ(built->v1_hash, v1_info_hash(parsed->info));
  expect_same_v1(parsed->info, lt::torrent_info(theirs, lt::from_span));

  const auto v1_only = made_by_libtorrent(tree, GetParam(), lt::create_torrent::v1_only);
  EXPECT_EQ(parse_metainfo(view(v1_only)).code(), base::Errc::unsupported);
}

INSTANTIATE_TEST_SUITE_P(PieceLengths, WithLibtorrent,
                         testing::Values(16 * 1024, 32 * 1024, 64 * 1024, 256 * 1024, 1024 * 1024));

TEST(LibtorrentHybrids, TreesOfFewFilesAgree) {
  base::Rng rng(11);
  const auto file = [&](const char* path, std::size_t size) {
    return SourceFile{path, random_content(rng, size)};
  };
  const std::vector<std::vector<SourceFile>> trees = {
      {file("only", 70'000)},                                 // in a directory, and no pad file
      {file("a", 70'000), file("z", 0)},                      // nothing but emptiness after it
      {file("a", 0), file("b", 65'536), file("c", 131'072)},  // nothing to pad
      {file("a", 1), file("b/c", 1)},
      {file("a/a", 65'535)},
  };
  for (const auto& files : trees) {
    const TempTree tree("dir", files);
    const auto theirs = made_by_libtorrent(tree, 65'536, {});
    const auto parsed = parse_metainfo(view(theirs));
    ASSERT_TRUE(parsed.has_value()) << parsed.error().what << ' ' << files.front().path;
    const auto built = build_torrent(plan_of("dir", 65'536, files, true));
    ASSERT_TRUE(built.has_value()) << built.error().what;
    EXPECT_EQ(base::as_text(built->info), base::as_text(parsed->info.raw));
    expect_same_v1(parsed->info, lt::torrent_info(theirs, lt::from_span));
  }
}

TEST(LibtorrentHybrids, TwentyThousandSmallFilesAgree) {
  base::Rng rng(12);
  std::vector<SourceFile> files;
  for (int i = 0; i < 20'000; ++i)
    files.push_back({"d" + std::to_string(i % 97) + "/" + std::to_string(i) + ".txt",
                     random_content(rng, rng.below(900))});
  const TempTree tree("many", files);
  const auto theirs = made_by_libtorrent(tree, 16'384, {});
  const auto built = build_torrent(plan_of("many", 16'384, files, true));
  ASSERT_TRUE(built.has_value()) << built.error().what;
  const auto parsed = parse_metainfo(built->metainfo);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
  lt::load_torrent_limits wide;  // its defaults stop at a few thousand files' worth of tokens
  wide.max_decode_tokens = 10'000'000;
  expect_same(*parsed, lt::torrent_info(theirs, wide, lt::from_span));
  expect_same_v1(parsed->info, lt::torrent_info(theirs, wide, lt::from_span));
}

TEST(LibtorrentHybrids, AFiveGigabyteSparseFileAgrees) {
  constexpr std::uint64_t kSize = 5'000'000'001;  // beyond 32 bits, and no multiple of anything
  constexpr std::uint32_t kPiece = 1 << 20;
  const TempTree tree("big", {{"small", Bytes(10, 1)}});
  std::ofstream(tree.root() + "/sparse.bin", std::ios::binary) << "start";
  std::filesystem::resize_file(tree.root() + "/sparse.bin", kSize);
  const auto theirs = made_by_libtorrent(tree, kPiece, {});

  TorrentPlan plan = plan_of("big", kPiece, {{"small", Bytes(10, 1)}}, true);
  FileHasher hasher(kPiece, true);
  Bytes chunk(kPiece);
  std::copy_n("start", 5, chunk.begin());
  for (std::uint64_t at = 0; at < kSize; at += chunk.size()) {
    hasher.update(base::ByteView(chunk).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(chunk.size(), kSize - at))));
    if (at == 0) std::fill_n(chunk.begin(), 5, Byte{0});
  }
  plan.files.push_back({"sparse.bin", hasher.finish()});
  const auto built = build_torrent(plan);
  ASSERT_TRUE(built.has_value()) << built.error().what;
  const auto parsed = parse_metainfo(built->metainfo);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
  expect_same(*parsed, lt::torrent_info(theirs, lt::from_span));
  expect_same_v1(parsed->info, lt::torrent_info(theirs, lt::from_span));
}

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
    lt::create_torrent hybrid(storage, 65536, lt::create_flags_t{});
    lt::set_piece_hashes(hybrid, tree.parent());
    theirs.clear();
    lt::bencode(std::back_inserter(theirs), hybrid.generate());
    const auto both = parse_metainfo(view(theirs));
    ASSERT_TRUE(both.has_value()) << both.error().what;
    const auto built = build_torrent(plan_of("movie.bin", 65536, files, true));
    EXPECT_EQ(built->info_hash, both->info.hash);
    EXPECT_EQ(built->v1_hash, v1_info_hash(both->info));
  }
}

}  // namespace
}  // namespace skep::torrent
