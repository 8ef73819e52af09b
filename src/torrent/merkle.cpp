#include "torrent/merkle.hpp"

#include <algorithm>
#include <bit>

#include "base/assert.hpp"
#include "crypto/sha256.hpp"

namespace skep::torrent {

using base::ByteView;
using base::kBlockSize;
using crypto::sha256_pair;

namespace {

/// Two nodes' parents at a time keep the four lanes busy: eight children, four parents.
void append_parents(std::vector<Digest256>& out, std::span<const Digest256> children) {
  SKEP_ASSERT(children.size() % 2 == 0);
  static_assert(sizeof(Digest256) == base::kDigestSize);  // neighbours are one message
  const auto pair = [&](std::size_t i) {
    return ByteView(children[i].bytes.data(), 2 * base::kDigestSize);
  };
  std::size_t i = 0;
  for (; i + 8 <= children.size(); i += 8) {
    const auto four = crypto::sha256_x4({pair(i), pair(i + 2), pair(i + 4), pair(i + 6)});
    out.insert(out.end(), four.begin(), four.end());
  }
  for (; i < children.size(); i += 2) out.push_back(crypto::sha256(pair(i)));
}

std::array<Digest256, kLayersMax> make_zero_subtrees() {
  std::array<Digest256, kLayersMax> out;
  for (std::size_t i = 1; i < out.size(); ++i) out[i] = sha256_pair(out[i - 1], out[i - 1]);
  return out;
}

}  // namespace

TreeShape TreeShape::of(std::uint64_t file_size) {
  SKEP_ASSERT(file_size > 0 && file_size <= kFileSizeMax);
  TreeShape shape;
  shape.blocks = static_cast<std::uint32_t>((file_size + kBlockSize - 1) / kBlockSize);
  shape.root_layer = static_cast<unsigned>(std::bit_width(shape.blocks - 1));
  return shape;
}

std::uint32_t TreeShape::width(unsigned layer) const {
  SKEP_ASSERT(layer <= root_layer);
  return ((blocks - 1) >> layer) + 1;
}

std::uint32_t TreeShape::padded_width(unsigned layer) const {
  SKEP_ASSERT(layer <= root_layer);
  return std::uint32_t{1} << (root_layer - layer);
}

unsigned piece_layer_of(std::uint32_t piece_length) {
  SKEP_ASSERT(std::has_single_bit(piece_length) && piece_length >= kBlockSize);
  return static_cast<unsigned>(std::countr_zero(piece_length / kBlockSize));
}

const Digest256& zero_subtree(unsigned layer) {
  static const auto table = make_zero_subtrees();
  SKEP_ASSERT(layer < kLayersMax);
  return table[layer];
}

void append_block_hashes(std::vector<Digest256>& out, ByteView data) {
  constexpr std::size_t kFour = 4 * std::size_t{kBlockSize};
  while (data.size() >= kFour) {
    const auto four = crypto::sha256_x4(
        {data.subspan(0, kBlockSize), data.subspan(kBlockSize, kBlockSize),
         data.subspan(2 * kBlockSize, kBlockSize), data.subspan(3 * kBlockSize, kBlockSize)});
    out.insert(out.end(), four.begin(), four.end());
    data = data.subspan(kFour);
  }
  while (!data.empty()) {
    const std::size_t size = std::min<std::size_t>(kBlockSize, data.size());
    out.push_back(crypto::sha256(data.first(size)));
    data = data.subspan(size);
  }
}

std::vector<Digest256> parent_layer(std::span<const Digest256> hashes, unsigned layer) {
  std::vector<Digest256> out;
  out.reserve((hashes.size() + 1) / 2);
  append_parents(out, hashes.first(hashes.size() & ~std::size_t{1}));
  if (hashes.size() % 2 != 0) out.push_back(sha256_pair(hashes.back(), zero_subtree(layer)));
  return out;
}

Digest256 merkle_root(std::span<const Digest256> hashes, unsigned layer, unsigned root_layer) {
  SKEP_ASSERT(layer <= root_layer && root_layer < kLayersMax);
  SKEP_ASSERT(!hashes.empty() && (hashes.size() - 1) >> (root_layer - layer) == 0);
  if (layer == root_layer) return hashes.front();
  std::vector<Digest256> above = parent_layer(hashes, layer);
  while (++layer < root_layer) above = parent_layer(above, layer);
  return above.front();
}

Digest256 piece_hash(ByteView piece, std::uint32_t piece_length, std::uint64_t file_size) {
  SKEP_ASSERT(!piece.empty() && piece.size() <= piece_length && piece.size() <= file_size);
  std::vector<Digest256> leaves;
  leaves.reserve((piece.size() + kBlockSize - 1) / kBlockSize);
  append_block_hashes(leaves, piece);
  const unsigned root_layer =
      file_size > piece_length ? piece_layer_of(piece_length) : TreeShape::of(file_size).root_layer;
  return merkle_root(leaves, 0, root_layer);
}

MerkleTree::MerkleTree(TreeShape shape, unsigned base_layer, std::vector<Digest256> base)
    : shape_(shape), base_layer_(base_layer) {
  SKEP_ASSERT(base_layer <= shape.root_layer && base.size() == shape.width(base_layer));
  layers_.reserve(shape.root_layer - base_layer + 1);
  layers_.push_back(std::move(base));
  for (unsigned at = base_layer; at < shape.root_layer; ++at)
    layers_.push_back(parent_layer(layers_.back(), at));
  SKEP_ASSERT(layers_.back().size() == 1);
}

std::span<const Digest256> MerkleTree::layer(unsigned layer) const {
  SKEP_ASSERT(layer >= base_layer_ && layer <= shape_.root_layer);
  return layers_[layer - base_layer_];
}

const Digest256* MerkleTree::node(unsigned layer, std::uint32_t index) const {
  SKEP_ASSERT(layer <= shape_.root_layer && index < shape_.padded_width(layer));
  if (layer < base_layer_) return nullptr;
  const auto& hashes = layers_[layer - base_layer_];
  return index < hashes.size() ? &hashes[index] : &zero_subtree(layer);
}

}  // namespace skep::torrent
