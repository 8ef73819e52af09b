#include "torrent/file_hasher.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "torrent/merkle.hpp"

namespace skep::torrent {

using base::ByteView;

namespace {
constexpr std::size_t kFourBlocks = 4 * std::size_t{base::kBlockSize};
}

FileHasher::FileHasher(std::uint32_t piece_length)
    : piece_length_(piece_length), piece_layer_(piece_layer_of(piece_length)) {}

void FileHasher::update(ByteView bytes) {
  size_ += bytes.size();
  SKEP_ASSERT(size_ <= kFileSizeMax);
  if (!held_.empty()) {
    const std::size_t taken = std::min(kFourBlocks - held_.size(), bytes.size());
    base::append(held_, bytes.first(taken));
    bytes = bytes.subspan(taken);
    if (held_.size() < kFourBlocks) return;
    hash(held_);
    held_.clear();
  }
  const std::size_t whole = bytes.size() / kFourBlocks * kFourBlocks;
  hash(bytes.first(whole));
  base::append(held_, bytes.subspan(whole));
}

/// Hashes whole blocks (and the file's last one), closing each piece that becomes full.
void FileHasher::hash(ByteView bytes) {
  const std::size_t blocks_per_piece = piece_length_ / base::kBlockSize;
  while (!bytes.empty()) {
    const std::size_t room = (blocks_per_piece - leaves_.size()) * base::kBlockSize;
    const std::size_t taken = std::min(room, bytes.size());
    append_block_hashes(leaves_, bytes.first(taken));
    bytes = bytes.subspan(taken);
    if (leaves_.size() == blocks_per_piece) close_piece();
  }
}

void FileHasher::close_piece() {
  pieces_.push_back(merkle_root(leaves_, 0, piece_layer_));
  leaves_.clear();
}

HashedFile FileHasher::finish() {
  hash(held_);
  HashedFile out;
  out.size = size_;
  if (size_ > 0) {
    const TreeShape shape = TreeShape::of(size_);
    if (pieces_.empty()) {
      out.root = merkle_root(leaves_, 0, shape.root_layer);  // smaller than a piece
    } else {
      if (!leaves_.empty()) close_piece();
      out.root = merkle_root(pieces_, piece_layer_, shape.root_layer);
      if (size_ > piece_length_) out.piece_layer = std::move(pieces_);
    }
  }
  *this = FileHasher(piece_length_);
  return out;
}

}  // namespace skep::torrent
