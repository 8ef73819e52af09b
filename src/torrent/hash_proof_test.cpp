#include "torrent/hash_proof.hpp"

#include <gtest/gtest.h>

#include "base/rng.hpp"
#include "crypto/sha256.hpp"

namespace skep::torrent {
namespace {

using base::Byte;
using base::Errc;
using base::kBlockSize;

MerkleTree tree_of(std::uint32_t blocks) {
  std::vector<Digest256> leaves;
  for (std::uint32_t i = 0; i < blocks; ++i) {
    std::array<Byte, 4> raw{};
    base::store_be(raw.data(), i + 1);
    leaves.push_back(crypto::sha256(raw));
  }
  return MerkleTree(TreeShape::of(std::uint64_t{blocks} * kBlockSize), 0, std::move(leaves));
}

auto nodes_of(const MerkleTree& tree) {
  return [&tree](unsigned layer, std::uint32_t index) { return tree.node(layer, index); };
}

/// Calls `visit` with every valid request for that shape.
template <class Visit>
void each_request(const TreeShape& shape, Visit visit) {
  for (std::uint32_t base = 0; base <= shape.root_layer + 1; ++base)
    for (std::uint32_t length = 0; length <= 2 * shape.blocks + 2; ++length)
      for (std::uint32_t index = 0; index <= 2 * shape.blocks + 2; ++index)
        for (std::uint32_t proof = 0; proof <= shape.root_layer + 1; ++proof) {
          const HashRequest request{base, index, length, proof};
          if (check_hash_request(request, shape).has_value()) visit(request);
        }
}

TEST(HashProof, TheExampleOfTheHeaderComesOutAsDrawn) {
  const MerkleTree tree = tree_of(8);
  const HashRequest request{.base_layer = 0, .index = 2, .length = 2, .proof_layers = 2};
  const auto answer = collect_hashes(request, tree.shape(), nodes_of(tree));
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(*answer, (std::vector<Digest256>{*tree.node(0, 2), *tree.node(0, 3), *tree.node(1, 0),
                                             *tree.node(2, 1)}));
  EXPECT_TRUE(verify_to_root(request, tree.shape(), *answer, tree.root()).has_value());
}

TEST(HashProof, OmittedLayersAreCountedButNotSent) {
  const TreeShape shape = TreeShape::of(64 * kBlockSize);  // root layer 6
  EXPECT_EQ(uncle_count({0, 0, 2, 5}, shape), 5U);
  EXPECT_EQ(uncle_count({0, 0, 4, 5}, shape), 4U);
  EXPECT_EQ(uncle_count({0, 0, 16, 5}, shape), 2U);
  EXPECT_EQ(uncle_count({0, 0, 64, 5}, shape), 0U);
  EXPECT_EQ(uncle_count({0, 0, 16, 2}, shape), 0U);
  EXPECT_EQ(uncle_count({0, 0, 2, 0}, shape), 0U);
  EXPECT_EQ(uncle_count({2, 4, 4, 3}, shape), 2U);
}

TEST(HashProof, EveryAnswerOfEverySmallTreeFoldsToTheRightNode) {
  std::size_t seen = 0;
  for (std::uint32_t blocks = 1; blocks <= 17; ++blocks) {
    const MerkleTree tree = tree_of(blocks);
    const TreeShape shape = tree.shape();
    each_request(shape, [&](const HashRequest& request) {
      ++seen;
      const auto answer = collect_hashes(request, shape, nodes_of(tree));
      ASSERT_TRUE(answer.has_value());
      ASSERT_EQ(answer->size(), answer_size(request, shape));
      const auto at = fold_hashes(request, shape, *answer);
      ASSERT_TRUE(at.has_value());
      EXPECT_EQ(at->digest, *tree.node(at->layer, at->index));
      if (request.proof_layers + 1 == shape.root_layer - request.base_layer) {
        EXPECT_EQ(at->layer, shape.root_layer);
        EXPECT_TRUE(verify_to_root(request, shape, *answer, tree.root()).has_value());
      }
    });
  }
  EXPECT_GT(seen, 500U);
}

TEST(HashProof, EveryFlippedBitFails) {
  for (const std::uint32_t blocks : {2U, 5U, 8U, 13U}) {
    const MerkleTree tree = tree_of(blocks);
    const TreeShape shape = tree.shape();
    for (std::uint32_t length = 2; length <= shape.padded_width(0); length *= 2) {
      const HashRequest request = make_hash_request(shape, 0, 0, length, shape.root_layer);
      auto answer = *collect_hashes(request, shape, nodes_of(tree));
      for (Digest256& hash : answer)
        for (std::size_t bit = 0; bit < 256; ++bit) {
          const auto mask = static_cast<Byte>(1U << (bit % 8));
          hash.bytes[bit / 8] ^= mask;
          EXPECT_EQ(verify_to_root(request, shape, answer, tree.root()).code(),
                    Errc::hash_mismatch);
          hash.bytes[bit / 8] ^= mask;
        }
      EXPECT_TRUE(verify_to_root(request, shape, answer, tree.root()).has_value());
    }
  }
}

TEST(HashProof, SwappedAndMissingHashesFail) {
  const MerkleTree tree = tree_of(8);
  const HashRequest request{0, 4, 2, 2};
  auto answer = *collect_hashes(request, tree.shape(), nodes_of(tree));
  std::swap(answer[0], answer[1]);
  EXPECT_EQ(verify_to_root(request, tree.shape(), answer, tree.root()).code(), Errc::hash_mismatch);
  std::swap(answer[0], answer[1]);
  HashRequest elsewhere = request;
  elsewhere.index = 6;
  EXPECT_EQ(verify_to_root(elsewhere, tree.shape(), answer, tree.root()).code(),
            Errc::hash_mismatch);
  answer.pop_back();
  EXPECT_EQ(verify_to_root(request, tree.shape(), answer, tree.root()).code(), Errc::bad_value);
  HashRequest low = request;
  low.proof_layers = 1;
  EXPECT_EQ(verify_to_root(low, tree.shape(), answer, tree.root()).code(), Errc::unsupported);
}

TEST(HashProof, RefusesRequestsThatMakeNoSense) {
  const TreeShape shape = TreeShape::of(13 * kBlockSize);  // 13 blocks, 16 padded, root layer 4
  EXPECT_EQ(check_hash_request({4, 0, 2, 0}, shape).code(), Errc::out_of_range);
  EXPECT_EQ(check_hash_request({0, 0, 1, 0}, shape).code(), Errc::bad_value);
  EXPECT_EQ(check_hash_request({0, 0, 3, 0}, shape).code(), Errc::bad_value);
  EXPECT_EQ(check_hash_request({0, 2, 4, 0}, shape).code(), Errc::bad_value);
  EXPECT_EQ(check_hash_request({0, 16, 2, 0}, shape).code(), Errc::out_of_range);
  EXPECT_EQ(check_hash_request({0, 0, 32, 0}, shape).code(), Errc::out_of_range);
  EXPECT_EQ(check_hash_request({0, 0, 2, 4}, shape).code(), Errc::out_of_range);
  EXPECT_EQ(check_hash_request({0, 0, kHashesMax * 2, 0}, shape).code(), Errc::limit_exceeded);
  EXPECT_EQ(check_hash_request({0, 0, UINT32_MAX, 0}, shape).code(), Errc::limit_exceeded);
  EXPECT_EQ(check_hash_request({0, 0xfffffffe, 2, 0}, shape).code(), Errc::out_of_range);
  EXPECT_TRUE(check_hash_request({0, 8, 5, 3}, shape).has_value());  // cut short by the layer's end
  EXPECT_TRUE(check_hash_request({0, 8, 8, 3}, shape).has_value());
  EXPECT_EQ(check_hash_request({0, 0, 2, 0}, TreeShape::of(1)).code(), Errc::out_of_range);
}

TEST(HashProof, AnUnknownHashIsAReject) {
  const MerkleTree full = tree_of(16);
  const auto pieces = full.layer(2);
  const MerkleTree upper(full.shape(), 2, {pieces.begin(), pieces.end()});
  EXPECT_EQ(collect_hashes({0, 0, 4, 3}, full.shape(), nodes_of(upper)).code(), Errc::not_found);
  EXPECT_TRUE(collect_hashes({2, 0, 4, 1}, full.shape(), nodes_of(upper)).has_value());
}

TEST(HashProof, AskedForRequestsArriveWhereTheCallerKnowsAHash) {
  for (std::uint32_t blocks = 2; blocks <= 40; ++blocks) {
    const MerkleTree tree = tree_of(blocks);
    const TreeShape shape = tree.shape();
    for (unsigned base = 0; base < shape.root_layer; ++base)
      for (unsigned up_to = base + 1; up_to <= shape.root_layer; ++up_to)
        for (std::uint32_t index = 0; index < shape.width(base); ++index)
          for (const std::uint32_t length : {1U, 2U, 4U, 64U}) {
            const HashRequest request = make_hash_request(shape, base, index, length, up_to);
            EXPECT_LE(request.index, index);
            EXPECT_GT(request.index + request.length, index);
            const auto answer = collect_hashes(request, shape, nodes_of(tree));
            const auto at = fold_hashes(request, shape, *answer);
            EXPECT_GE(at->layer, up_to);
            EXPECT_EQ(at->digest, *tree.node(at->layer, at->index));
          }
  }
}

}  // namespace
}  // namespace skep::torrent
