#include "crypto/sha256.hpp"

#include "base/assert.hpp"
#include "crypto/sha256_kernels.hpp"

namespace skep::crypto {

using base::Byte;
using base::ByteView;

namespace {

constexpr std::size_t kBlock = 64;
using Tail = std::array<Byte, 2 * kBlock>;

void compress(Sha256State& state, const Byte* blocks, std::size_t count) {
  if (count == 0) return;
  if (has_sha_ni()) return compress_sha_ni(state, blocks, count);
  compress_scalar(state, blocks, count);
}

/// Writes the last bytes, the one bit, zeros and the length in bits (FIPS 180-4 section 5.1.1).
/// RETURNS how many blocks of `tail` are used: 1 or 2.
std::size_t pad(Tail& tail, ByteView last, std::uint64_t message_size) {
  SKEP_ASSERT(last.size() < kBlock);
  tail.fill(0);
  std::copy(last.begin(), last.end(), tail.begin());
  tail[last.size()] = 0x80;
  const std::size_t blocks = last.size() + 9 <= kBlock ? 1 : 2;
  base::store_be<std::uint64_t>(tail.data() + blocks * kBlock - 8, message_size * 8);
  return blocks;
}

Digest256 digest_of(const Sha256State& state) {
  Digest256 out;
  for (std::size_t i = 0; i < 8; ++i)
    base::store_be<std::uint32_t>(out.bytes.data() + 4 * i, state[i]);
  return out;
}

void compress_x4(std::array<Sha256State, 4>& states, const std::array<const Byte*, 4>& blocks,
                 std::size_t count) {
  if (count == 0) return;
  if (!has_sha_ni()) return compress_lanes(states, blocks, count);
  compress_sha_ni_x2({&states[0], &states[1]}, {blocks[0], blocks[1]}, count);
  compress_sha_ni_x2({&states[2], &states[3]}, {blocks[2], blocks[3]}, count);
}

}  // namespace

Sha256::Sha256() : state_(kSha256Start) {}

void Sha256::update(ByteView bytes) {
  const std::size_t held = size_ % kBlock;
  size_ += bytes.size();
  if (held > 0) {
    const std::size_t taken = std::min(kBlock - held, bytes.size());
    std::copy_n(bytes.begin(), taken, block_.begin() + static_cast<std::ptrdiff_t>(held));
    bytes = bytes.subspan(taken);
    if (held + taken < kBlock) return;
    compress(state_, block_.data(), 1);
  }
  const std::size_t whole = bytes.size() / kBlock;
  compress(state_, bytes.data(), whole);
  bytes = bytes.subspan(whole * kBlock);
  std::copy(bytes.begin(), bytes.end(), block_.begin());
}

Digest256 Sha256::finish() {
  Tail tail;
  const std::size_t blocks = pad(tail, ByteView(block_).first(size_ % kBlock), size_);
  compress(state_, tail.data(), blocks);
  const Digest256 out = digest_of(state_);
  *this = Sha256();
  return out;
}

Digest256 sha256(ByteView message) {
  Sha256State state = kSha256Start;
  const std::size_t whole = message.size() / kBlock;
  compress(state, message.data(), whole);
  Tail tail;
  const std::size_t blocks = pad(tail, message.subspan(whole * kBlock), message.size());
  compress(state, tail.data(), blocks);
  return digest_of(state);
}

Digest256 sha256_pair(const Digest256& left, const Digest256& right) {
  std::array<Byte, 2 * base::kDigestSize> both;
  std::copy(left.bytes.begin(), left.bytes.end(), both.begin());
  std::copy(right.bytes.begin(), right.bytes.end(), both.begin() + base::kDigestSize);
  return sha256(both);
}

std::array<Digest256, 4> sha256_x4(const std::array<ByteView, 4>& messages) {
  const std::size_t size = messages[0].size();
  std::array<Sha256State, 4> states;
  std::array<const Byte*, 4> at;
  std::array<Tail, 4> tails;
  const std::size_t whole = size / kBlock;
  for (std::size_t i = 0; i < 4; ++i) {
    SKEP_ASSERT(messages[i].size() == size);
    states[i] = kSha256Start;
    at[i] = messages[i].data();
  }
  compress_x4(states, at, whole);
  std::size_t blocks = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    blocks = pad(tails[i], messages[i].subspan(whole * kBlock), size);
    at[i] = tails[i].data();
  }
  compress_x4(states, at, blocks);
  return {digest_of(states[0]), digest_of(states[1]), digest_of(states[2]), digest_of(states[3])};
}

}  // namespace skep::crypto
