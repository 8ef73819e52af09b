#include "torrent/piece_map.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "torrent/metainfo.hpp"

namespace skep::torrent {

using base::BlockIndex;
using base::Errc;
using base::fail;
using base::FileIndex;
using base::kBlockSize;
using base::PieceIndex;

namespace {

std::uint32_t parts(std::uint64_t size, std::uint32_t unit) {
  return static_cast<std::uint32_t>((size + unit - 1) / unit);
}

/// Bytes of part `index` when `size` bytes are cut into `unit`s.
std::uint32_t part_size(std::uint64_t size, std::uint32_t unit, std::uint32_t index) {
  const std::uint64_t begin = std::uint64_t{index} * unit;
  SKEP_ASSERT(begin < size);
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(unit, size - begin));
}

}  // namespace

PieceMap::PieceMap(const std::vector<File>& files, std::uint32_t piece_length)
    : piece_length_(piece_length), sizes_(files.size()), first_(files.size() + 1) {
  SKEP_ASSERT(piece_length >= kBlockSize && piece_length <= base::kPieceLengthMax);
  SKEP_ASSERT(piece_length % kBlockSize == 0);
  for (std::size_t i = 0; i < files.size(); ++i) {
    sizes_[i] = files[i].size;
    total_size_ += files[i].size;
    const std::uint32_t pieces = parts(files[i].size, piece_length);
    SKEP_ASSERT(pieces <= kPiecesMax - first_[i]);
    first_[i + 1] = first_[i] + pieces;
  }
}

std::uint64_t PieceMap::file_size(FileIndex file) const {
  SKEP_ASSERT(file.value < sizes_.size());
  return sizes_[file.value];
}

FilePiece PieceMap::locate(GlobalPiece piece) const {
  SKEP_ASSERT(contains(piece));
  // the last file that starts at or before the piece; empty files share their successor's start
  const auto after = std::upper_bound(first_.begin(), first_.end(), piece.value);
  const auto file = static_cast<std::uint32_t>(after - first_.begin() - 1);
  return {FileIndex(file), PieceIndex(piece.value - first_[file])};
}

GlobalPiece PieceMap::global(FilePiece piece) const {
  SKEP_ASSERT(piece.piece.value < pieces_in(piece.file));
  return GlobalPiece(first_[piece.file.value] + piece.piece.value);
}

GlobalPiece PieceMap::first_piece(FileIndex file) const {
  SKEP_ASSERT(file.value < sizes_.size());
  return GlobalPiece(first_[file.value]);
}

std::uint32_t PieceMap::pieces_in(FileIndex file) const {
  return parts(file_size(file), piece_length_);
}

std::uint32_t PieceMap::blocks_in(FileIndex file) const {
  return parts(file_size(file), kBlockSize);
}

std::uint32_t PieceMap::blocks_in(FilePiece piece) const {
  return parts(piece_size(piece), kBlockSize);
}

std::uint32_t PieceMap::piece_size(FilePiece piece) const {
  return part_size(file_size(piece.file), piece_length_, piece.piece.value);
}

std::uint32_t PieceMap::block_size(FileIndex file, BlockIndex block) const {
  return part_size(file_size(file), kBlockSize, block.value);
}

std::uint64_t PieceMap::piece_offset(PieceIndex piece) const {
  return std::uint64_t{piece.value} * piece_length_;
}

std::uint64_t PieceMap::block_offset(BlockIndex block) {
  return std::uint64_t{block.value} * kBlockSize;
}

std::uint32_t PieceMap::blocks_per_piece() const { return piece_length_ / kBlockSize; }

PieceIndex PieceMap::piece_of(BlockIndex block) const {
  return PieceIndex(block.value / blocks_per_piece());
}

BlockIndex PieceMap::first_block(PieceIndex piece) const {
  return BlockIndex(piece.value * blocks_per_piece());
}

PieceIndex PieceMap::piece_at(FileIndex file, std::uint64_t offset) const {
  SKEP_ASSERT(offset < file_size(file));
  return PieceIndex(static_cast<std::uint32_t>(offset / piece_length_));
}

BlockIndex PieceMap::block_at(FileIndex file, std::uint64_t offset) const {
  SKEP_ASSERT(offset < file_size(file));
  return BlockIndex(static_cast<std::uint32_t>(offset / kBlockSize));
}

base::Result<FileRange> PieceMap::check_request(std::uint32_t index, std::uint32_t begin,
                                                std::uint32_t length,
                                                std::uint32_t length_max) const {
  if (!contains(GlobalPiece(index))) return fail(Errc::out_of_range, "no such piece", index);
  if (length > length_max) return fail(Errc::limit_exceeded, "more than a block", length);
  const FilePiece piece = locate(GlobalPiece(index));
  const std::uint32_t size = piece_size(piece);
  if (length == 0 || begin >= size || length > size - begin)
    return fail(Errc::out_of_range, "not inside the piece", begin);
  return FileRange{piece.file, piece_offset(piece.piece) + begin, length};
}

}  // namespace skep::torrent
