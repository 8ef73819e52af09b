#include "wire/hash_exchange.hpp"

#include <gtest/gtest.h>

namespace skep::wire {
namespace {

using base::Errc;
using torrent::TreeShape;

constexpr std::uint32_t kPieceLength = 64 * 1024;  // piece layer is layer 2
// 100 blocks, padded to 128: layers 0-7.
const TreeShape kShape = TreeShape::of(100 * 16 * 1024);

HashRange range(std::uint32_t base, std::uint32_t index, std::uint32_t length,
                std::uint32_t proofs) {
  HashRange out;
  out.base_layer = base;
  out.index = index;
  out.length = length;
  out.proof_layers = proofs;
  return out;
}

TEST(HashExchange, AnswersLeavesAndPieceLayerOnly) {
  for (const std::uint32_t layer : {0u, 2u})
    EXPECT_TRUE(check_hash_range(range(layer, 0, 4, 0), kShape, kPieceLength).has_value());
  for (const std::uint32_t layer : {1u, 3u, 8u, 4'000'000'000u})
    EXPECT_EQ(check_hash_range(range(layer, 0, 4, 0), kShape, kPieceLength).code(),
              Errc::unsupported);
}

TEST(HashExchange, RefusesNonsense) {
  for (const HashRange& bad : {range(0, 0, 0, 0), range(0, 0, 3, 0), range(0, 2, 4, 0),
                               range(0, 128, 4, 0), range(0, 0xfffffffc, 4, 0), range(0, 0, 256, 0),
                               range(0, 0, 4, 200), range(2, 0, 64, 0), range(0, 0, 0x80000000, 0)})
    EXPECT_FALSE(check_hash_range(bad, kShape, kPieceLength).has_value())
        << bad.index << ' ' << bad.length << ' ' << bad.proof_layers;
}

TEST(HashExchange, AnswersNoLongerRunsThanBep52Recommends) {
  const TreeShape large = TreeShape::of(std::uint64_t{1} << 30);
  EXPECT_TRUE(check_hash_range(range(0, 0, 512, 0), large, kPieceLength).has_value());
  EXPECT_EQ(check_hash_range(range(0, 0, 1024, 0), large, kPieceLength).code(),
            Errc::limit_exceeded);
}

TEST(HashExchange, TakesAsManyHashesAsTheRangePromises) {
  const HashRange asked = range(0, 4, 4, 4);  // 4 hashes, and 4 + 1 - log2(4) = 3 uncles
  std::vector<crypto::Digest256> digests(7);
  for (std::size_t i = 0; i < digests.size(); ++i) digests[i].bytes[0] = static_cast<base::Byte>(i);
  base::Bytes out;
  encode_hashes(out, asked, digests);
  const auto message = decode_message(base::ByteView(out).subspan(4));
  ASSERT_TRUE(message.has_value());
  const Hashes& hashes = std::get<Hashes>(*message);
  EXPECT_EQ(hashes.range, asked);
  EXPECT_EQ(*read_hashes(hashes, kShape), digests);

  digests.pop_back();
  base::Bytes fewer;
  encode_hashes(fewer, asked, digests);
  const auto cut = decode_message(base::ByteView(fewer).subspan(4));
  EXPECT_EQ(read_hashes(std::get<Hashes>(*cut), kShape).code(), Errc::bad_value);
}

TEST(HashExchange, KeepsEveryFieldBetweenMessageAndProof) {
  crypto::Digest256 root;
  root.bytes.fill(9);
  const torrent::HashRequest request{1, 2, 3, 4};
  EXPECT_EQ(to_request(to_range(root, request)), request);
  EXPECT_EQ(to_range(root, request).root, root);
}

}  // namespace
}  // namespace skep::wire
