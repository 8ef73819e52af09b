/// merkle.hpp: the hash tree of one file: leaves, layers, roots, padding.
/// CONTRACT  pure functions over spans of digests. Layer 0 is the leaves (one SHA-256 for each
///           16 KiB block), layer n+1 halves layer n. Spans hold only the hashes that cover data;
///           what lies beyond the end of the file is padding and is never stored.
/// SPEC      BEP 52 "File tree layout" (pieces root) and "metainfo files" (piece layers).
/// LIMITS    kFileSizeMax.
///
///   5 blocks, piece length 32 KiB:
///
///   layer 3                root                     = pieces root
///                      /          \                                       0 = 32 zero bytes
///   layer 2           o            o                                      z1 = H(0 || 0)
///                   /   \        /   \                                    z2 = H(z1 || z1)
///   layer 1        o     o      o     z1            = piece layer: three hashes, z1 is left out
///                 / \   / \    / \   / \      (b4 covers the last block, which may be short)
///   layer 0      b0 b1 b2 b3  b4  0  0  0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"

namespace skep::torrent {

using crypto::Digest256;

/// Largest file: 2^31 blocks of 16 KiB (32 TiB), so that every count inside of a tree fits 32 bits.
inline constexpr std::uint64_t kFileSizeMax = std::uint64_t{base::kBlockSize} << 31;
/// Layers of the largest tree, the root's included.
inline constexpr unsigned kLayersMax = 32;

/// The sizes of one file's tree.
struct TreeShape {
  std::uint32_t blocks = 0;  ///< leaves that cover data: ceil(size / 16 KiB)
  unsigned root_layer = 0;   ///< leaves with padding are 2^root_layer

  /// REQUIRES 0 < file_size <= kFileSizeMax.
  static TreeShape of(std::uint64_t file_size);
  /// Hashes of `layer` that cover data. REQUIRES layer <= root_layer.
  std::uint32_t width(unsigned layer) const;
  /// The same with padding: a power of two.
  std::uint32_t padded_width(unsigned layer) const;

  friend bool operator==(const TreeShape&, const TreeShape&) = default;
};

/// The layer whose hashes each cover `piece_length` bytes: 0 for 16 KiB, 2 for 64 KiB.
/// REQUIRES a power of two >= 16 KiB.
unsigned piece_layer_of(std::uint32_t piece_length);

/// The padding hash of `layer`: 32 zero bytes for leaves, else the root of a tree of such leaves.
/// REQUIRES layer < kLayersMax.
const Digest256& zero_subtree(unsigned layer);

/// Appends the leaf hash of each 16 KiB block of `data`; only the last block may be shorter.
/// Hashes four blocks at a time. `data` must start on a block boundary of its file.
void append_block_hashes(std::vector<Digest256>& out, base::ByteView data);

/// The root over `hashes` of `layer`, padded up to `root_layer`.
/// REQUIRES 0 < hashes.size() <= 2^(root_layer - layer).
Digest256 merkle_root(std::span<const Digest256> hashes, unsigned layer, unsigned root_layer);

/// The layer above `hashes` of `layer`; an odd last one is paired with padding.
std::vector<Digest256> parent_layer(std::span<const Digest256> hashes, unsigned layer);

/// The hash that stands for one piece: the piece layer's entry, or the file's root when the file is
/// not larger than a piece. `piece` is its whole content (the file's last piece may be short).
/// REQUIRES piece not empty and not larger than piece_length.
Digest256 piece_hash(base::ByteView piece, std::uint32_t piece_length, std::uint64_t file_size);

/// All layers of a tree from some layer up: what a peer that serves hash requests keeps.
/// Memory: about twice the lowest layer.
class MerkleTree {
 public:
  /// `base` are the hashes of `base_layer` that cover data.
  /// REQUIRES base.size() == shape.width(base_layer).
  MerkleTree(TreeShape shape, unsigned base_layer, std::vector<Digest256> base);

  const TreeShape& shape() const { return shape_; }
  unsigned base_layer() const { return base_layer_; }
  const Digest256& root() const { return layers_.back().front(); }
  /// The hashes of `layer` that cover data. REQUIRES base_layer() <= layer <= root layer.
  std::span<const Digest256> layer(unsigned layer) const;
  /// One node, padding included, or null when its layer is below base_layer().
  /// REQUIRES that the index is inside the padded layer. Lives as long as the tree.
  const Digest256* node(unsigned layer, std::uint32_t index) const;

 private:
  TreeShape shape_;
  unsigned base_layer_;
  std::vector<std::vector<Digest256>> layers_;  ///< [i] is layer base_layer_ + i
};

}  // namespace skep::torrent
