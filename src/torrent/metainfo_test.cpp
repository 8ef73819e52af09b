#include "torrent/metainfo.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <functional>
#include <iterator>

#include "codec/bencode_writer.hpp"
#include "crypto/sha256.hpp"
#include "torrent/builder.hpp"
#include "torrent/merkle.hpp"

namespace skep::torrent {
namespace {

using base::Bytes;
using base::ByteView;
using base::Errc;
using base::FileIndex;
using base::kBlockSize;
using codec::BencodeWriter;

constexpr std::uint32_t kPiece = 4 * kBlockSize;

HashedFile hashed(std::size_t size, base::Byte fill = 7) {
  FileHasher hasher(kPiece);
  hasher.update(Bytes(size, fill));
  return hasher.finish();
}

TorrentPlan small_plan() {
  TorrentPlan plan;
  plan.name = "site";
  plan.piece_length = kPiece;
  plan.files = {{"a.bin", hashed(3 * kPiece + 5)}, {"b/empty", {}}, {"b/one", hashed(1)}};
  return plan;
}

/// Replaces the first occurrence, so that a valid torrent turns into a certain invalid one. Both
/// texts have the same length, or are whole bencode items.
Bytes altered(const Bytes& bytes, std::string_view from, std::string_view to) {
  std::string text(base::as_text(bytes));
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  return base::to_bytes(base::as_bytes(text));
}

TEST(Metainfo, ReadsWhatTheBuilderWrote) {
  TorrentPlan plan = small_plan();
  plan.skep = base::to_bytes(base::as_bytes("d1:vi1ee"));
  const auto built = build_torrent(plan);
  ASSERT_TRUE(built.has_value()) << built.error().what;
  const auto parsed = parse_metainfo(built->metainfo);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
  const Info& info = parsed->info;
  EXPECT_EQ(info.raw, built->info);
  EXPECT_EQ(info.hash, built->info_hash);
  EXPECT_EQ(info.hash, crypto::sha256(built->info));
  EXPECT_EQ(info.name, "site");
  EXPECT_EQ(info.pieces, 5U);
  EXPECT_EQ(base::as_text(info.skep()), "d1:vi1ee");
  ASSERT_EQ(info.files.size(), 3U);
  EXPECT_EQ(info.file(FileIndex(1)).path, "b/empty");
  EXPECT_TRUE(info.file(FileIndex(1)).root.is_zero());
  EXPECT_EQ(parsed->layers.of(FileIndex(0)).size(), 4U);
  EXPECT_TRUE(parsed->layers.of(FileIndex(2)).empty());
  EXPECT_EQ(parsed->expected_hash(FileIndex(0), base::PieceIndex(3)),
            plan.files[0].hashed.piece_layer[3]);
  EXPECT_EQ(parsed->expected_hash(FileIndex(2), base::PieceIndex(0)), plan.files[2].hashed.root);
  const auto bare = parse_info(built->info);
  ASSERT_TRUE(bare.has_value());
  EXPECT_EQ(bare->hash, info.hash);
  EXPECT_EQ(bare->files, info.files);
}

TEST(Metainfo, SkepIsEmptyWhenThereIsNone) {
  EXPECT_TRUE(parse_metainfo(build_torrent(small_plan())->metainfo)->info.skep().empty());
}

TEST(Metainfo, RefusesLayersThatAreNotTheirFiles) {
  const Bytes good = build_torrent(small_plan())->metainfo;
  const std::string text(base::as_text(good));
  const std::size_t at = text.find("12:piece layers");
  ASSERT_NE(at, std::string::npos);
  for (std::size_t i = text.size() - 3; i > text.size() - 3 - 4 * 32; --i) {
    Bytes bad = good;
    bad[i] ^= 1;
    EXPECT_EQ(parse_metainfo(bad).code(), Errc::hash_mismatch) << i;
  }
  const std::string without = text.substr(0, at) + "e";
  EXPECT_EQ(parse_metainfo(base::as_bytes(without)).code(), Errc::missing_field);
  const std::string empty = text.substr(0, at) + "12:piece layersdee";
  EXPECT_EQ(parse_metainfo(base::as_bytes(empty)).code(), Errc::missing_field);
  const std::string more = text.substr(0, text.size() - 2) + "32:" + std::string(32, '\xff') +
                           "32:" + std::string(32, 'x') + "ee";
  EXPECT_EQ(parse_metainfo(base::as_bytes(more)).code(), Errc::bad_value);
  // one hash less
  std::string shorter = text.substr(0, text.size() - 2 - 32) + "ee";
  shorter.replace(shorter.find("128:", at), 4, "96:");
  EXPECT_EQ(parse_metainfo(base::as_bytes(shorter)).code(), Errc::bad_value);
}

TEST(Metainfo, EqualFilesShareOneLayer) {
  TorrentPlan plan = small_plan();
  plan.files = {{"a", hashed(2 * kPiece)}, {"b", hashed(2 * kPiece)}};
  const auto parsed = parse_metainfo(build_torrent(plan)->metainfo);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->layers.of(FileIndex(0)).data(), parsed->layers.of(FileIndex(1)).data());
}

TEST(Metainfo, RefusesTheSameRootWithAnotherSize) {
  const Bytes good = build_torrent(small_plan())->metainfo;
  const auto size = std::to_string(3 * kPiece + 5);
  // a fourth piece less or more no longer fits the layer
  EXPECT_EQ(parse_metainfo(altered(good, "lengthi" + size, "lengthi" + std::to_string(3 * kPiece)))
                .code(),
            Errc::bad_value);
  EXPECT_EQ(parse_metainfo(altered(good, "lengthi" + size, "lengthi" + std::to_string(9 * kPiece)))
                .code(),
            Errc::bad_value);
}

TEST(Metainfo, RefusesBrokenInfoFields) {
  const Bytes good = build_torrent(small_plan())->info;
  ASSERT_TRUE(parse_info(good).has_value());
  const auto refusal = [&](std::string_view from, std::string_view to) {
    return parse_info(altered(good, from, to)).code();
  };
  EXPECT_EQ(refusal("12:meta versioni2e", "12:meta versioni3e"), Errc::unsupported);
  EXPECT_EQ(refusal("12:meta versioni2e", ""), Errc::unsupported);
  EXPECT_EQ(refusal("12:meta versioni2e", "12:meta version1:2"), Errc::wrong_type);
  EXPECT_EQ(refusal("i65536e", "i65535e"), Errc::bad_value);
  EXPECT_EQ(refusal("i65536e", "i8192e"), Errc::bad_value);
  EXPECT_EQ(refusal("i65536e", "i0e"), Errc::bad_value);
  EXPECT_EQ(refusal("i65536e", "i-65536e"), Errc::bad_value);
  EXPECT_EQ(refusal("i65536e", "i33554432e"), Errc::limit_exceeded);
  EXPECT_EQ(refusal("4:name4:site", "4:name2:.."), Errc::unsafe_path);
  EXPECT_EQ(refusal("4:name4:site", "4:name3:a/b"), Errc::unsafe_path);
  EXPECT_EQ(refusal("4:name4:site", ""), Errc::missing_field);
  EXPECT_EQ(refusal("3:oned", "3:g/hd"), Errc::unsafe_path);
  EXPECT_EQ(refusal("3:oned", "2:..d"), Errc::not_canonical);  // also out of order
  EXPECT_EQ(refusal("5:emptyd0:d6:lengthi0eee", "2:..d0:d6:lengthi0eee"), Errc::unsafe_path);
  EXPECT_EQ(refusal("5:emptyd0:d6:lengthi0eee", "1:.d0:d6:lengthi0eee"), Errc::unsafe_path);
  EXPECT_EQ(refusal("5:emptyd0:d6:lengthi0eee", "5:emptyde"), Errc::bad_value);
  EXPECT_EQ(refusal("5:emptyd0:d6:lengthi0eee", "5:empty1:x"), Errc::wrong_type);
  EXPECT_EQ(refusal("5:emptyd0:d6:lengthi0eee", "5:emptyd0:d6:lengthi0ee1:xdee"), Errc::bad_value);
  EXPECT_EQ(refusal("5:emptyd0:d6:lengthi0eee", "5:emptyd0:d6:lengthi-1eee"), Errc::bad_value);
  EXPECT_EQ(refusal("5:emptyd0:d6:lengthi0eee", "5:emptyd0:d6:lengthi5eee"), Errc::missing_field);
  EXPECT_EQ(refusal("5:emptyd0:d6:lengthi0eee", "5:emptyd0:d4:attr1:l6:lengthi0eee"),
            Errc::unsupported);
  EXPECT_EQ(refusal("5:emptyd0:d6:lengthi0eee", "5:emptyd0:d6:lengthi999999999999999eee"),
            Errc::limit_exceeded);
  EXPECT_EQ(refusal("6:lengthi1e", "6:lengthi35184372088832e"), Errc::limit_exceeded);
}

TEST(Metainfo, KeepsAttributes) {
  const Bytes info = altered(build_torrent(small_plan())->info, "5:emptyd0:d6:lengthi0eee",
                             "5:emptyd0:d4:attr2:hx6:lengthi0eee");
  EXPECT_EQ(parse_info(info)->files[1].attr, "hx");
}

TEST(Metainfo, RefusesTheRootAsAFileAndAnEmptyTree) {
  const std::string tail = "12:meta versioni2e4:name1:n12:piece lengthi65536ee";
  EXPECT_EQ(parse_info(base::as_bytes("d9:file treede" + tail)).code(), Errc::bad_value);
  EXPECT_EQ(parse_info(base::as_bytes("d9:file treed0:d6:lengthi0eee" + tail)).code(),
            Errc::unsafe_path);
  EXPECT_EQ(parse_info(base::as_bytes("d9:file treeli1ee" + tail)).code(), Errc::wrong_type);
}

TEST(Metainfo, ReadsTrackersAndWebSeedsInTheirVariants) {
  const Bytes plain = build_torrent(small_plan())->metainfo;
  const auto with = [&](const std::string& head, const std::string& tail) {
    const std::string text(base::as_text(plain));
    return parse_metainfo(
        base::as_bytes("d" + head + text.substr(1, text.size() - 2) + tail + "e"));
  };
  using Tiers = std::vector<std::vector<std::string>>;
  EXPECT_EQ(with("8:announce5:wss:/", "")->trackers, (Tiers{{"wss:/"}}));
  EXPECT_EQ(with("8:announce1:x13:announce-listll1:a1:bel1:cee", "")->trackers,
            (Tiers{{"a", "b"}, {"c"}}));
  EXPECT_EQ(with("", "8:url-list1:u")->web_seeds, (std::vector<std::string>{"u"}));
  EXPECT_EQ(with("", "8:url-list0:")->web_seeds, (std::vector<std::string>{}));
  EXPECT_EQ(with("", "8:url-listl1:u1:ve")->web_seeds, (std::vector<std::string>{"u", "v"}));
  EXPECT_EQ(with("8:announcei1e", "").code(), Errc::wrong_type);
  EXPECT_EQ(with("13:announce-listl1:ae", "").code(), Errc::wrong_type);
  std::string many = "8:url-listl";
  for (std::size_t i = 0; i <= kUrlsMax; ++i) many += "1:u";
  EXPECT_EQ(with("", many + "e").code(), Errc::limit_exceeded);
}

TEST(Metainfo, TheFuzzersSeedIsAValidTorrentSoThatMutationsReachTheDepths) {
  std::ifstream file(std::string(SKEP_SOURCE_DIR) + "/tests/corpus/metainfo_fuzz/small.torrent",
                     std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto parsed = parse_metainfo(base::as_bytes(text));
  ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
  EXPECT_EQ(parsed->layers.of(FileIndex(0)).size(), 2U);
  EXPECT_EQ(parsed->web_seeds.size(), 1U);
}

TEST(Builder, SaysWhatIsWrongWithAPlan) {
  const auto refusal = [](const std::function<void(TorrentPlan&)>& spoil) {
    TorrentPlan plan = small_plan();
    spoil(plan);
    return build_torrent(plan).code();
  };
  EXPECT_EQ(refusal([](TorrentPlan&) {}), Errc::none);
  EXPECT_EQ(refusal([](TorrentPlan& p) { p.name = ""; }), Errc::unsafe_path);
  EXPECT_EQ(refusal([](TorrentPlan& p) { p.files.clear(); }), Errc::bad_value);
  EXPECT_EQ(refusal([](TorrentPlan& p) { std::swap(p.files[0], p.files[1]); }),
            Errc::not_canonical);
  EXPECT_EQ(refusal([](TorrentPlan& p) { p.files[2].path = "b/empty"; }), Errc::duplicate);
  EXPECT_EQ(refusal([](TorrentPlan& p) { p.files[2].path = "b/empty/x"; }), Errc::duplicate);
  EXPECT_EQ(refusal([](TorrentPlan& p) { p.files[2].path = "b/../x"; }), Errc::unsafe_path);
  EXPECT_EQ(refusal([](TorrentPlan& p) { p.files[2].path = "b/x/"; }), Errc::unsafe_path);
  EXPECT_EQ(refusal([](TorrentPlan& p) { p.files[2].path = "/x"; }), Errc::unsafe_path);
  EXPECT_EQ(refusal([](TorrentPlan& p) { p.skep = {'d', 'x'}; }), Errc::bad_syntax);
  EXPECT_EQ(refusal([](TorrentPlan& p) { p.trackers = {{}}; }), Errc::limit_exceeded);
  EXPECT_EQ(refusal([](TorrentPlan& p) { p.web_seeds = {""}; }), Errc::limit_exceeded);
  EXPECT_EQ(refusal([](TorrentPlan& p) { p.files[2].path = "b/" + std::string(256, 'x'); }),
            Errc::limit_exceeded);
}

TEST(Builder, TheDeepestPathItAcceptsReadsBack) {
  TorrentPlan plan = small_plan();
  std::string deep = "d";
  for (std::size_t i = 1; i < kPathDepthMax; ++i) deep += "/d";
  plan.files = {{deep, hashed(1)}};
  const auto built = build_torrent(plan);
  ASSERT_TRUE(built.has_value());
  EXPECT_EQ(parse_metainfo(built->metainfo)->info.files.front().path, deep);
  plan.files.front().path += "/d";
  EXPECT_EQ(build_torrent(plan).code(), Errc::limit_exceeded);
}

TEST(FileTree, OrdersByComponentsNotByText) {
  EXPECT_TRUE(tree_less("a/b", "a-b"));  // '-' < '/', but "a" < "a-b"
  EXPECT_TRUE(tree_less("a", "a/b"));
  EXPECT_TRUE(tree_less("a/z", "b"));
  EXPECT_FALSE(tree_less("a", "a"));
  EXPECT_TRUE(tree_less("z", "\xc3\xa4"));  // as unsigned bytes
}

TEST(FileHasher, DoesNotCareHowTheFileIsCut) {
  base::Byte fill = 1;
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, std::size_t{kBlockSize}, std::size_t{kPiece},
        std::size_t{kPiece + 1}, std::size_t{5 * kPiece - 100}}) {
    const Bytes content(size, ++fill);
    for (const std::uint32_t piece_length : {kBlockSize, kPiece, 16 * kBlockSize}) {
      FileHasher whole(piece_length);
      whole.update(content);
      const HashedFile expected = whole.finish();
      EXPECT_EQ(expected.size, size);
      if (size > 0) {
        std::vector<Digest256> leaves;
        append_block_hashes(leaves, content);
        EXPECT_EQ(expected.root, merkle_root(leaves, 0, TreeShape::of(size).root_layer));
      }
      for (const std::size_t step :
           {std::size_t{999}, std::size_t{kBlockSize}, std::size_t{70'001}}) {
        FileHasher cut(piece_length);
        for (std::size_t at = 0; at < size; at += step)
          cut.update(ByteView(content).subspan(at, std::min(step, size - at)));
        const HashedFile again = cut.finish();
        EXPECT_EQ(again.root, expected.root);
        EXPECT_EQ(again.piece_layer, expected.piece_layer);
        EXPECT_EQ(again.size, size);
      }
    }
  }
}

}  // namespace
}  // namespace skep::torrent
