#include "crypto/message_blocks.hpp"

namespace skep::crypto {

std::size_t pad_message(MessageTail& tail, base::ByteView last, std::uint64_t message_size) {
  SKEP_ASSERT(last.size() < kMessageBlock);
  tail.fill(0);
  std::copy(last.begin(), last.end(), tail.begin());
  tail[last.size()] = 0x80;
  const std::size_t blocks = last.size() + 9 <= kMessageBlock ? 1 : 2;
  base::store_be<std::uint64_t>(tail.data() + blocks * kMessageBlock - 8, message_size * 8);
  return blocks;
}

}  // namespace skep::crypto
