#include "torrent/piece_map.hpp"

#include <gtest/gtest.h>

#include "base/limits.hpp"

namespace skep::torrent {
namespace {

using base::BlockIndex;
using base::Errc;
using base::FileIndex;
using base::kBlockSize;
using base::PieceIndex;

constexpr std::uint32_t kPiece = 4 * kBlockSize;

std::vector<File> files_of(const std::vector<std::uint64_t>& sizes) {
  std::vector<File> out;
  for (const std::uint64_t size : sizes) {
    out.emplace_back();
    out.back().size = size;
  }
  return out;
}

TEST(PieceMap, TheExampleOfTheHeaderComesOutAsDrawn) {
  const PieceMap map(files_of({100 * 1024, 0, kPiece, 1}), kPiece);
  EXPECT_EQ(map.piece_count(), 4U);
  EXPECT_EQ(map.locate(GlobalPiece(0)), (FilePiece{FileIndex(0), PieceIndex(0)}));
  EXPECT_EQ(map.locate(GlobalPiece(1)), (FilePiece{FileIndex(0), PieceIndex(1)}));
  EXPECT_EQ(map.locate(GlobalPiece(2)), (FilePiece{FileIndex(2), PieceIndex(0)}));
  EXPECT_EQ(map.locate(GlobalPiece(3)), (FilePiece{FileIndex(3), PieceIndex(0)}));
  EXPECT_EQ(map.piece_size(map.locate(GlobalPiece(1))), 36U * 1024);
  EXPECT_EQ(map.piece_size(map.locate(GlobalPiece(3))), 1U);
  EXPECT_EQ(map.blocks_in(map.locate(GlobalPiece(1))), 3U);
  EXPECT_EQ(map.pieces_in(FileIndex(1)), 0U);
  EXPECT_EQ(map.first_piece(FileIndex(1)), GlobalPiece(2));
}

/// Walks a layout byte range by byte range with plain counting, and compares.
void check_layout(const std::vector<std::uint64_t>& sizes, std::uint32_t piece_length) {
  const PieceMap map(files_of(sizes), piece_length);
  std::uint32_t global = 0;
  std::uint64_t total = 0;
  for (std::uint32_t f = 0; f < sizes.size(); ++f) {
    const FileIndex file(f);
    std::uint64_t offset = 0;
    std::uint32_t piece = 0;
    std::uint32_t block = 0;
    while (offset < sizes[f]) {
      const FilePiece at{file, PieceIndex(piece)};
      ASSERT_EQ(map.locate(GlobalPiece(global)), at);
      ASSERT_EQ(map.global(at), GlobalPiece(global));
      ASSERT_EQ(map.piece_offset(at.piece), offset);
      ASSERT_EQ(map.piece_at(file, offset), at.piece);
      ASSERT_EQ(map.first_block(at.piece), BlockIndex(block));
      std::uint32_t inside = 0;
      for (std::uint32_t n = 0; n < map.blocks_in(at); ++n, ++block) {
        ASSERT_EQ(map.block_at(file, offset + inside), BlockIndex(block));
        ASSERT_EQ(map.piece_of(BlockIndex(block)), at.piece);
        ASSERT_EQ(PieceMap::block_offset(BlockIndex(block)), offset + inside);
        const std::uint32_t size = map.block_size(file, BlockIndex(block));
        const auto range = map.check_request(global, inside, size);
        ASSERT_TRUE(range.has_value());
        EXPECT_EQ(*range, (FileRange{file, offset + inside, size}));
        inside += size;
      }
      ASSERT_EQ(inside, map.piece_size(at));
      offset += inside;
      ++piece;
      ++global;
    }
    EXPECT_EQ(offset, sizes[f]);
    EXPECT_EQ(map.pieces_in(file), piece);
    EXPECT_EQ(map.blocks_in(file), block);
    total += sizes[f];
  }
  EXPECT_EQ(map.piece_count(), global);
  EXPECT_EQ(map.total_size(), total);
  EXPECT_FALSE(map.contains(GlobalPiece(global)));
}

TEST(PieceMap, EverySmallLayoutCountsUp) {
  const std::vector<std::uint64_t> interesting = {
      0,          1,      kBlockSize - 1, kBlockSize, kBlockSize + 1,
      kPiece - 1, kPiece, kPiece + 1,     3 * kPiece, 2 * kPiece + kBlockSize + 7};
  for (const std::uint64_t a : interesting)
    for (const std::uint64_t b : interesting)
      for (const std::uint64_t c : interesting)
        for (const std::uint32_t piece_length : {kBlockSize, kPiece})
          check_layout({a, b, c}, piece_length);
}

TEST(PieceMap, RefusesRequestsOutsideOfAPiece) {
  const PieceMap map(files_of({kPiece + 10, 5}), kPiece);
  EXPECT_EQ(map.check_request(3, 0, 1).code(), Errc::out_of_range);
  EXPECT_EQ(map.check_request(UINT32_MAX, 0, 1).code(), Errc::out_of_range);
  EXPECT_EQ(map.check_request(0, 0, kBlockSize + 1).code(), Errc::limit_exceeded);
  EXPECT_EQ(map.check_request(0, 0, 0).code(), Errc::out_of_range);
  EXPECT_EQ(map.check_request(1, 0, 11).code(), Errc::out_of_range);
  EXPECT_EQ(map.check_request(1, 10, 1).code(), Errc::out_of_range);
  EXPECT_EQ(map.check_request(0, UINT32_MAX, 2).code(), Errc::out_of_range);
  EXPECT_EQ(*map.check_request(1, 3, 7), (FileRange{FileIndex(0), kPiece + 3, 7}));
}

TEST(PieceMap, AnEmptyTorrentHasNoPieces) {
  const PieceMap map(files_of({0, 0}), kPiece);
  EXPECT_EQ(map.piece_count(), 0U);
  EXPECT_EQ(PieceMap().piece_count(), 0U);
}

}  // namespace
}  // namespace skep::torrent
