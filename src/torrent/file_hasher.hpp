/// file_hasher.hpp: reads one file's bytes in order and yields its Merkle root and piece layer.
/// CONTRACT  update() takes chunks of any size; multiples of 64 KiB are hashed in place, others are
///           gathered first. Memory: 64 KiB, a piece's leaves, and 32 bytes for each piece.
/// SPEC      BEP 52 "pieces root", "piece layers".
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.hpp"
#include "crypto/digest.hpp"

namespace skep::torrent {

using crypto::Digest256;

struct HashedFile {
  std::uint64_t size = 0;
  Digest256 root;                      ///< zero for an empty file
  std::vector<Digest256> piece_layer;  ///< empty unless size > piece length
};

class FileHasher {
 public:
  /// REQUIRES a power of two >= 16 KiB.
  explicit FileHasher(std::uint32_t piece_length);
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
};

}  // namespace skep::torrent
