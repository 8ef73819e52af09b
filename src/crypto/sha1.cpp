#include "crypto/sha1.hpp"

#include <bit>

#include "crypto/sha256_kernels.hpp"

namespace skep::crypto {

using base::Byte;
using base::ByteView;

namespace {

constexpr std::size_t kBlock = 64;

void compress(Sha1State& state, const Byte* blocks, std::size_t count) {
  if (count == 0) return;
  if (has_sha_ni()) return sha1_compress_ni(state, blocks, count);
  sha1_compress_scalar(state, blocks, count);
}

/// FIPS 180-4 section 4.1.1: the function and constant of round `i`, on B, C and D.
std::uint32_t mixed(std::size_t i, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  if (i < 20) return ((b & c) | (~b & d)) + 0x5a827999;
  if (i < 40) return (b ^ c ^ d) + 0x6ed9eba1;
  if (i < 60) return ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
  return (b ^ c ^ d) + 0xca62c1d6;
}

}  // namespace

void sha1_compress_scalar(Sha1State& state, const Byte* blocks, std::size_t count) {
  for (; count > 0; --count, blocks += kBlock) {
    std::array<std::uint32_t, 16> w;  // the last 16 words of the schedule, as a ring
    auto [a, b, c, d, e] = state;
    for (std::size_t i = 0; i < 80; ++i) {
      std::uint32_t& word = w[i % 16];
      word = i < 16 ? base::load_be<std::uint32_t>(blocks + 4 * i)
                    : std::rotl(w[(i + 13) % 16] ^ w[(i + 8) % 16] ^ w[(i + 2) % 16] ^ word, 1);
      const std::uint32_t next = std::rotl(a, 5) + mixed(i, b, c, d) + e + word;
      e = d;
      d = c;
      c = std::rotl(b, 30);
      b = a;
      a = next;
    }
    const Sha1State sum = {a, b, c, d, e};
    for (std::size_t i = 0; i < sum.size(); ++i) state[i] += sum[i];
  }
}

void Sha1::update(ByteView bytes) {
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

ShortHash Sha1::finish() {
  const std::uint64_t bits = size_ * 8;
  std::array<Byte, kBlock + 8> tail{0x80};  // the one bit, zeros, the length in bits
  const std::size_t held = size_ % kBlock;
  const std::size_t zeros = (held < kBlock - 8 ? kBlock : 2 * kBlock) - 8 - held;
  base::store_be<std::uint64_t>(tail.data() + zeros, bits);
  update(ByteView(tail).first(zeros + 8));
  ShortHash out;
  for (std::size_t i = 0; i < state_.size(); ++i)
    base::store_be<std::uint32_t>(out.bytes.data() + 4 * i, state_[i]);
  *this = Sha1();
  return out;
}

ShortHash sha1(ByteView message) {
  Sha1 hash;
  hash.update(message);
  return hash.finish();
}

}  // namespace skep::crypto
