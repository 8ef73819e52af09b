/// file_hasher.hpp: reads one file's bytes in order and yields its Merkle root and piece layer, and
///                  for hybrids the SHA-1 of its pieces.
/// CONTRACT  update() takes chunks of any size; multiples of 64 KiB are hashed in place, others are
///           gathered first. Memory: 64 KiB, a piece's leaves, and 32 bytes for each piece.
/// SPEC      BEP 52 "pieces root", "piece layers"; v1_half.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "crypto/sha1.hpp"

namespace skep::torrent {

using crypto::Digest256;

struct HashedFile {
  std::uint64_t size = 0;
  Digest256 root;                      ///< zero for an empty file
  std::vector<Digest256> piece_layer;  ///< empty unless size > piece length
  /// For hybrids: of each piece, the last one filled up with zeros; and of the last one without
  /// them (zero when it is full).
  std::vector<crypto::ShortHash> v1_pieces;
  crypto::ShortHash v1_tail;
};

/// The SHA-1 of each piece of a file, or of a run of its pieces, read in order.
class V1PieceHasher {
 public:
  /// REQUIRES a valid piece length.
  explicit V1PieceHasher(std::uint32_t piece_length) : piece_length_(piece_length) {}
  /// Appends the hash of each piece that becomes full to `out`.
  void update(base::ByteView bytes, std::vector<crypto::ShortHash>& out);
  /// Appends the last piece filled up with zeros, when it is not full.
  /// RETURNS its hash without the zeros; zero when the last piece was full.
  crypto::ShortHash finish(std::vector<crypto::ShortHash>& out);

 private:
  std::uint32_t piece_length_;
  crypto::Sha1 hash_;
};

class FileHasher {
 public:
  /// `hybrid`: also the v1 half. REQUIRES a power of two >= 16 KiB.
  explicit FileHasher(std::uint32_t piece_length, bool hybrid = false);
  /// REQUIRES that the file stays within kFileSizeMax.
  void update(base::ByteView bytes);
  std::uint64_t size() const { return size_; }
  /// The result. The hasher is then as new.
  HashedFile finish();

 private:
  void hash(base::ByteView bytes);
  void close_piece();

  std::uint32_t piece_length_;
  unsigned piece_layer_;
  std::uint64_t size_ = 0;
  base::Bytes held_;               ///< less than four blocks
  std::vector<Digest256> leaves_;  ///< of the current piece
  std::vector<Digest256> pieces_;  ///< of the finished pieces
  std::optional<V1PieceHasher> v1_;
  std::vector<crypto::ShortHash> v1_pieces_;
};

}  // namespace skep::torrent
