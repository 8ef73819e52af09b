#include "crypto/sha1.hpp"

#include <bit>

#include "crypto/sha256_kernels.hpp"

namespace skep::crypto {

using base::Byte;
using base::ByteView;

namespace {

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

ShortHash finish_with(Sha1State& state, ByteView last, std::uint64_t message_size) {
  MessageTail tail;
  const std::size_t blocks = pad_message(tail, last, message_size);
  compress(state, tail.data(), blocks);
  ShortHash out;
  for (std::size_t i = 0; i < state.size(); ++i)
    base::store_be<std::uint32_t>(out.bytes.data() + 4 * i, state[i]);
  return out;
}

}  // namespace

void sha1_compress_scalar(Sha1State& state, const Byte* blocks, std::size_t count) {
  for (; count > 0; --count, blocks += kMessageBlock) {
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
  blocks_.add(bytes,
              [this](const Byte* first, std::size_t count) { compress(state_, first, count); });
}

ShortHash Sha1::finish() {
  const ShortHash out = finish_with(state_, blocks_.rest(), blocks_.size());
  *this = Sha1();
  return out;
}

ShortHash sha1(ByteView message) {
  Sha1State state = kSha1Start;
  const std::size_t whole = message.size() / kMessageBlock;
  compress(state, message.data(), whole);
  return finish_with(state, message.subspan(whole * kMessageBlock), message.size());
}

}  // namespace skep::crypto
