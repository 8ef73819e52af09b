#include "torrent/v1_half.hpp"

#include <gtest/gtest.h>

#include "crypto/sha1.hpp"
#include "torrent/builder.hpp"

namespace skep::torrent {
namespace {

using base::Bytes;
using base::Errc;

constexpr std::uint32_t kPiece = 65536;

PlannedFile planned(std::string path, std::size_t size) {
  FileHasher hasher(kPiece, true);
  hasher.update(Bytes(size, 7));
  return {std::move(path), hasher.finish()};
}

TorrentPlan plan_of(std::vector<PlannedFile> files) {
  TorrentPlan plan;
  plan.name = "site";
  plan.piece_length = kPiece;
  plan.hybrid = true;
  plan.files = std::move(files);
  return plan;
}

Bytes hybrid() {
  return build_torrent(plan_of({planned("a", 100'000), planned("b/empty", 0), planned("c", 1)}))
      ->metainfo;
}

Errc after(std::string_view from, std::string_view to) {
  std::string text(base::as_text(hybrid()));
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  text.replace(at, from.size(), to);
  return parse_metainfo(base::as_bytes(text)).code();
}

TEST(V1Half, IsReadAndNamesTheTorrentTwice) {
  const Bytes bytes = hybrid();
  const auto parsed = parse_metainfo(bytes);
  ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
  EXPECT_TRUE(parsed->info.hybrid);
  EXPECT_EQ(v1_info_hash(parsed->info), crypto::sha1(parsed->info.raw));
  const auto pieces = read_v1_half(parsed->info);
  ASSERT_TRUE(pieces.has_value());
  ASSERT_EQ(pieces->size(), 3U);
  Bytes last(kPiece);
  last[0] = 7;
  EXPECT_EQ((*pieces)[2], crypto::sha1(last)) << "a last piece is filled up with zeros";
  EXPECT_TRUE(parse_content(bytes).has_value());
}

TEST(V1Half, AFileAloneHasNoPadding) {
  for (const char* path : {"site", "other"}) {
    const auto built = build_torrent(plan_of({planned(path, 1)}));
    ASSERT_TRUE(built.has_value());
    EXPECT_EQ(base::as_text(built->info).find(".pad"), std::string::npos);
    const auto parsed = parse_metainfo(built->metainfo);
    ASSERT_TRUE(parsed.has_value()) << parsed.error().what;
    EXPECT_EQ(read_v1_half(parsed->info)->front(), crypto::sha1(Bytes(1, 7)));
  }
}

TEST(V1Half, MustSayWhatTheV2HalfSays) {
  const std::string first = "d6:lengthi100000e4:pathl1:aee";
  const std::string pad = "d4:attr1:p6:lengthi31072e4:pathl4:.pad5:31072ee";
  const std::string empty = "d6:lengthi0e4:pathl1:b5:emptyee";
  const std::string last_pad = "d4:attr1:p6:lengthi65535e4:pathl4:.pad5:65535ee";
  EXPECT_EQ(after(first, first), Errc::none);
  EXPECT_EQ(after(first, "d6:lengthi100001e4:pathl1:aee"), Errc::bad_value);
  EXPECT_EQ(after(first, "d6:lengthi-1e4:pathl1:aee"), Errc::bad_value);
  EXPECT_EQ(after(first, "d6:lengthi100000e4:pathl1:bee"), Errc::bad_value);
  EXPECT_EQ(after(first, "d6:lengthi100000e4:pathl2:..ee"), Errc::unsafe_path);
  EXPECT_EQ(after(first, "d6:lengthi100000e4:pathlee"), Errc::bad_value);
  EXPECT_EQ(after(first, "d4:attr1:p6:lengthi100000e4:pathl1:aee"), Errc::bad_value);
  EXPECT_EQ(after(first, "d6:lengthi100000ee"), Errc::missing_field);
  EXPECT_EQ(after(first, "i1e"), Errc::wrong_type);
  EXPECT_EQ(after(first, ""), Errc::bad_value);
  EXPECT_EQ(after(first, first + first), Errc::bad_value);
  EXPECT_EQ(after(pad, ""), Errc::bad_value) << "the third file would not start a piece";
  EXPECT_EQ(after(pad, pad + pad), Errc::bad_value);
  EXPECT_EQ(after(pad, "d4:attr1:p6:lengthi31073e4:pathl4:.pad5:31073ee"), Errc::bad_value);
  EXPECT_EQ(after(empty, ""), Errc::bad_value);
  EXPECT_EQ(after(last_pad, ""), Errc::none) << "BEP 3: a last piece may be short";
  EXPECT_EQ(after(last_pad, empty), Errc::bad_value);
  EXPECT_EQ(after("5:filesl", "6:lengthi1e5:filesl"), Errc::not_canonical);
  EXPECT_EQ(after("6:pieces60:", "6:piecez60:"), Errc::none) << "no hybrid then, by its v2 half";
}

TEST(V1Half, HasOneHashForEachPiece) {
  std::string text(base::as_text(hybrid()));
  const std::size_t at = text.find("6:pieces60:");
  ASSERT_NE(at, std::string::npos);
  text.replace(at, 11 + 20, "6:pieces40:");
  EXPECT_EQ(parse_metainfo(base::as_bytes(text)).code(), Errc::bad_value);
  EXPECT_TRUE(parse_content(base::as_bytes(text)).has_value()) << "an engine never looks at them";
}

TEST(V1Half, HasherDoesNotCareHowTheFileIsCut) {
  const Bytes content(3 * kPiece + 77, 9);
  FileHasher whole(kPiece, true);
  whole.update(content);
  const HashedFile expected = whole.finish();
  ASSERT_EQ(expected.v1_pieces.size(), 4U);
  EXPECT_EQ(expected.v1_tail, crypto::sha1(Bytes(77, 9)));
  for (const std::size_t step : {std::size_t{999}, std::size_t{kPiece}, std::size_t{70'001}}) {
    FileHasher cut(kPiece, true);
    for (std::size_t at = 0; at < content.size(); at += step)
      cut.update(base::ByteView(content).subspan(at, std::min(step, content.size() - at)));
    const HashedFile again = cut.finish();
    EXPECT_EQ(again.v1_pieces, expected.v1_pieces);
    EXPECT_EQ(again.v1_tail, expected.v1_tail);
  }
}

}  // namespace
}  // namespace skep::torrent
