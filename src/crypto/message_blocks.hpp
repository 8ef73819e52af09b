/// message_blocks.hpp: how SHA-1 and SHA-256 cut a message: blocks of 64 bytes, and the padding.
/// CONTRACT  pure; knows nothing of what is done with a block.
/// SPEC      FIPS 180-4 sections 5.1.1, 5.2.1: the same for both.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/assert.hpp"
#include "base/bytes.hpp"

namespace skep::crypto {

inline constexpr std::size_t kMessageBlock = 64;
using MessageTail = std::array<base::Byte, 2 * kMessageBlock>;

/// Writes the last bytes (fewer than a block), the one bit, zeros and the length in bits.
/// RETURNS how many blocks of `tail` are used: 1 or 2.
std::size_t pad_message(MessageTail& tail, base::ByteView last, std::uint64_t message_size);

/// A message that arrives in pieces: keeps the bytes of a partly filled block.
class MessageBlocks {
 public:
  /// Bytes so far.
  std::uint64_t size() const { return size_; }
  /// Those that did not fill a block.
  base::ByteView rest() const { return base::ByteView(block_).first(size_ % kMessageBlock); }

  /// Calls compress(first block, count) for the blocks that `bytes` completes.
  template <typename Compress>
  void add(base::ByteView bytes, Compress compress) {
    const std::size_t held = rest().size();
    size_ += bytes.size();
    if (held > 0) {
      const std::size_t taken = std::min(kMessageBlock - held, bytes.size());
      std::copy_n(bytes.begin(), taken, block_.begin() + static_cast<std::ptrdiff_t>(held));
      bytes = bytes.subspan(taken);
      if (held + taken < kMessageBlock) return;
      compress(block_.data(), 1);
    }
    const std::size_t whole = bytes.size() / kMessageBlock;
    compress(bytes.data(), whole);
    bytes = bytes.subspan(whole * kMessageBlock);
    std::copy(bytes.begin(), bytes.end(), block_.begin());
  }

 private:
  std::array<base::Byte, kMessageBlock> block_{};
  std::uint64_t size_ = 0;
};

}  // namespace skep::crypto
