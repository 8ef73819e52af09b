#include "torrent/merkle.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "crypto/sha256.hpp"

namespace skep::torrent {
namespace {

using base::Byte;
using base::Bytes;
using base::kBlockSize;

Digest256 digest(std::uint64_t n) {
  std::array<Byte, 8> raw{};
  base::store_be(raw.data(), n);
  return crypto::sha256(raw);
}

std::vector<Digest256> digests(std::size_t count) {
  std::vector<Digest256> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back(digest(i));
  return out;
}

/// BEP 52 said as plainly as possible: pad with zero leaves to a power of two, halve until one.
Digest256 naive_root(std::vector<Digest256> leaves) {
  while ((leaves.size() & (leaves.size() - 1)) != 0) leaves.emplace_back();
  while (leaves.size() > 1) {
    std::vector<Digest256> above;
    for (std::size_t i = 0; i < leaves.size(); i += 2)
      above.push_back(crypto::sha256_pair(leaves[i], leaves[i + 1]));
    leaves = above;
  }
  return leaves.front();
}

TEST(TreeShape, CountsBlocksAndLayers) {
  struct Row {
    std::uint64_t size;
    std::uint32_t blocks;
    unsigned root_layer;
  };
  for (const Row& row : {Row{1, 1, 0}, Row{kBlockSize, 1, 0}, Row{kBlockSize + 1, 2, 1},
                         Row{2 * kBlockSize, 2, 1}, Row{2 * kBlockSize + 1, 3, 2},
                         Row{5 * kBlockSize, 5, 3}, Row{kFileSizeMax, 1U << 31, 31}}) {
    const TreeShape shape = TreeShape::of(row.size);
    EXPECT_EQ(shape.blocks, row.blocks) << row.size;
    EXPECT_EQ(shape.root_layer, row.root_layer) << row.size;
    EXPECT_EQ(shape.width(shape.root_layer), 1U);
  }
  const TreeShape five = TreeShape::of(5 * kBlockSize);
  EXPECT_EQ(five.width(1), 3U);
  EXPECT_EQ(five.padded_width(1), 4U);
}

TEST(Merkle, ZeroSubtreesAreTreesOfZeroLeaves) {
  EXPECT_TRUE(zero_subtree(0).is_zero());
  for (unsigned layer = 0; layer < 8; ++layer)
    EXPECT_EQ(zero_subtree(layer), naive_root(std::vector<Digest256>(std::size_t{1} << layer)));
}

TEST(Merkle, RootsOfEverySmallTreeFollowTheDefinition) {
  for (std::size_t count = 1; count <= 70; ++count) {
    const auto leaves = digests(count);
    const TreeShape shape = TreeShape::of(count * kBlockSize);
    EXPECT_EQ(merkle_root(leaves, 0, shape.root_layer), naive_root(leaves)) << count;
  }
}

TEST(Merkle, ARootIsTheSameFromEachOfItsLayers) {
  for (std::size_t count = 1; count <= 40; ++count) {
    const TreeShape shape = TreeShape::of(count * kBlockSize);
    std::vector<Digest256> layer = digests(count);
    const Digest256 root = merkle_root(layer, 0, shape.root_layer);
    for (unsigned at = 0; at < shape.root_layer; ++at) {
      EXPECT_EQ(layer.size(), shape.width(at));
      layer = parent_layer(layer, at);
      EXPECT_EQ(merkle_root(layer, at + 1, shape.root_layer), root) << count << " layer " << at;
    }
  }
}

TEST(Merkle, BlockHashesAreOnePerSixteenKibAndTheLastMayBeShort) {
  base::Rng rng(1);
  for (const std::size_t size :
       {std::size_t{1}, std::size_t{kBlockSize}, std::size_t{kBlockSize + 1},
        std::size_t{4 * kBlockSize}, std::size_t{9 * kBlockSize - 1}}) {
    Bytes data(size);
    for (Byte& b : data) b = static_cast<Byte>(rng.next());
    std::vector<Digest256> hashes;
    append_block_hashes(hashes, data);
    ASSERT_EQ(hashes.size(), (size + kBlockSize - 1) / kBlockSize);
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      const std::size_t begin = i * kBlockSize;
      const auto block =
          base::ByteView(data).subspan(begin, std::min<std::size_t>(kBlockSize, size - begin));
      EXPECT_EQ(hashes[i], crypto::sha256(block));
    }
  }
}

TEST(Merkle, PieceHashesAreThePieceLayerOrTheRootOfASmallFile) {
  const std::uint32_t piece_length = 4 * kBlockSize;
  for (const std::uint64_t size :
       {std::uint64_t{1}, std::uint64_t{kBlockSize + 5}, std::uint64_t{piece_length},
        std::uint64_t{piece_length + 1}, std::uint64_t{3 * piece_length - 7}}) {
    const Bytes data(static_cast<std::size_t>(size), 0x5a);
    std::vector<Digest256> leaves;
    append_block_hashes(leaves, data);
    const TreeShape shape = TreeShape::of(size);
    std::vector<Digest256> pieces;
    for (std::size_t at = 0; at < data.size(); at += piece_length)
      pieces.push_back(piece_hash(
          base::ByteView(data).subspan(at, std::min<std::size_t>(piece_length, data.size() - at)),
          piece_length, size));
    const Digest256 root = naive_root(leaves);
    const Digest256 from_pieces =
        size <= piece_length ? pieces.front()
                             : merkle_root(pieces, piece_layer_of(piece_length), shape.root_layer);
    EXPECT_EQ(from_pieces, root) << size;
  }
}

TEST(MerkleTree, KeepsLayersFromAnyBaseAndFillsInPadding) {
  for (std::uint32_t count = 1; count <= 17; ++count) {
    const TreeShape shape = TreeShape::of(std::uint64_t{count} * kBlockSize);
    const MerkleTree full(shape, 0, digests(count));
    EXPECT_EQ(full.root(), naive_root(digests(count)));
    for (unsigned base = 0; base <= shape.root_layer; ++base) {
      const auto hashes = full.layer(base);
      const MerkleTree upper(shape, base, {hashes.begin(), hashes.end()});
      for (unsigned layer = 0; layer <= shape.root_layer; ++layer)
        for (std::uint32_t i = 0; i < shape.padded_width(layer); ++i) {
          if (layer < base) {
            EXPECT_EQ(upper.node(layer, i), nullptr);
          } else {
            EXPECT_EQ(*upper.node(layer, i), *full.node(layer, i));
          }
          EXPECT_EQ(i >= shape.width(layer), *full.node(layer, i) == zero_subtree(layer));
        }
    }
  }
}

}  // namespace
}  // namespace skep::torrent
