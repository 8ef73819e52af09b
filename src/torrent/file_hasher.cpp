#include "torrent/file_hasher.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "torrent/merkle.hpp"

namespace skep::torrent {

using base::ByteView;

namespace {
constexpr std::size_t kFourBlocks = 4 * std::size_t{base::kBlockSize};
}

void V1PieceHasher::update(ByteView bytes, std::vector<crypto::ShortHash>& out) {
  while (!bytes.empty()) {
    const std::size_t taken =
        std::min<std::size_t>(piece_length_ - static_cast<std::size_t>(hash_.size()), bytes.size());
    hash_.update(bytes.first(taken));
    bytes = bytes.subspan(taken);
    if (hash_.size() == piece_length_) out.push_back(hash_.finish());
  }
}

crypto::ShortHash V1PieceHasher::finish(std::vector<crypto::ShortHash>& out) {
  if (hash_.size() == 0) return {};
  static constexpr std::array<base::Byte, base::kBlockSize> kZeros{};
  const crypto::ShortHash bare = crypto::Sha1(hash_).finish();
  while (hash_.size() < piece_length_) {
    const std::uint64_t missing = piece_length_ - hash_.size();
    hash_.update(ByteView(kZeros).first(
        static_cast<std::size_t>(std::min<std::uint64_t>(missing, kZeros.size()))));
  }
  out.push_back(hash_.finish());
  return bare;
}

FileHasher::FileHasher(std::uint32_t piece_length, bool hybrid)
    : piece_length_(piece_length), piece_layer_(piece_layer_of(piece_length)) {
  if (hybrid) v1_.emplace(piece_length);
}

void FileHasher::update(ByteView bytes) {
  size_ += bytes.size();
  SKEP_ASSERT(size_ <= kFileSizeMax);
  if (v1_) v1_->update(bytes, v1_pieces_);
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
  if (v1_) out.v1_tail = v1_->finish(v1_pieces_);
  out.v1_pieces = std::move(v1_pieces_);
  *this = FileHasher(piece_length_, v1_.has_value());
  return out;
}

}  // namespace skep::torrent
