/// piece_map.hpp: which bytes, blocks and pieces of which file: the arithmetic of v2 pieces.
/// CONTRACT  pure; fixed for the life of a torrent. Indices outside of it are our bug (assert): use
///           contains() and check_request() on numbers that came from a peer.
/// SPEC      BEP 52 "piece length": every non-empty file starts on a piece boundary, in file tree
///           order; a file's last piece ends with the file.
///
///   piece length 64 KiB    a: 100 KiB      b: 0      c: 64 KiB      d: 1 byte
///   global piece           0        1                2              3
///   piece of its file      0        1                0              0
///   size                   64 KiB   36 KiB           64 KiB         1
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.hpp"
#include "base/result.hpp"
#include "torrent/file_tree.hpp"

namespace skep::torrent {

/// A piece as HAVE, BITFIELD and REQUEST number it: over all files of the torrent.
using GlobalPiece = base::StrongId<struct GlobalPieceTag>;

/// A piece as the rest of Skep names it.
struct FilePiece {
  base::FileIndex file;
  base::PieceIndex piece;
  auto operator<=>(const FilePiece&) const = default;
};

/// Bytes [offset, offset + size) of a file.
struct FileRange {
  base::FileIndex file;
  std::uint64_t offset = 0;
  std::uint32_t size = 0;
  auto operator<=>(const FileRange&) const = default;
};

class PieceMap {
 public:
  PieceMap() = default;
  /// REQUIRES a checked Info's files and piece length.
  PieceMap(const std::vector<File>& files, std::uint32_t piece_length);

  std::uint32_t piece_length() const { return piece_length_; }
  std::uint32_t file_count() const { return static_cast<std::uint32_t>(sizes_.size()); }
  std::uint64_t total_size() const { return total_size_; }
  std::uint64_t file_size(base::FileIndex file) const;

  /// Pieces of all files: the length of a BITFIELD.
  std::uint32_t piece_count() const { return first_.empty() ? 0 : first_.back(); }
  bool contains(GlobalPiece piece) const { return piece.value < piece_count(); }
  FilePiece locate(GlobalPiece piece) const;
  GlobalPiece global(FilePiece piece) const;
  GlobalPiece global(base::FileIndex file, base::PieceIndex piece) const {
    return global(FilePiece{file, piece});
  }
  /// The global number of a file's first piece; that of the next file when it is empty.
  GlobalPiece first_piece(base::FileIndex file) const;

  std::uint32_t pieces_in(base::FileIndex file) const;
  std::uint32_t blocks_in(base::FileIndex file) const;
  std::uint32_t blocks_in(FilePiece piece) const;
  std::uint32_t piece_size(FilePiece piece) const;
  std::uint32_t block_size(base::FileIndex file, base::BlockIndex block) const;
  std::uint64_t piece_offset(base::PieceIndex piece) const;
  static std::uint64_t block_offset(base::BlockIndex block);

  std::uint32_t blocks_per_piece() const;
  base::PieceIndex piece_of(base::BlockIndex block) const;
  base::BlockIndex first_block(base::PieceIndex piece) const;
  /// The piece that holds byte `offset` of a file. REQUIRES offset < file size.
  base::PieceIndex piece_at(base::FileIndex file, std::uint64_t offset) const;
  base::BlockIndex block_at(base::FileIndex file, std::uint64_t offset) const;

  /// What a peer's PIECE {index, begin, length} names, if it is inside one piece and not longer
  /// than `length_max`. ERRORS out_of_range, limit_exceeded.
  base::Result<FileRange> check_request(std::uint32_t index, std::uint32_t begin,
                                        std::uint32_t length,
                                        std::uint32_t length_max = base::kBlockSize) const;

 private:
  std::uint32_t piece_length_ = 0;
  std::uint64_t total_size_ = 0;
  std::vector<std::uint64_t> sizes_;
  std::vector<std::uint32_t> first_;  ///< global number of each file's first piece, then the total
};

}  // namespace skep::torrent
