// The four-lane kernel is written with the vector extensions that gcc and clang share, so one text
// becomes wasm SIMD128 (-msimd128), SSE2 or NEON, and the native tests test the wasm code too.
#include <cstring>

#include "crypto/sha256_kernels.hpp"

namespace skep::crypto {
namespace {

using Lanes = std::uint32_t __attribute__((vector_size(16)));
using Octets = base::Byte __attribute__((vector_size(16)));

template <int N>
inline Lanes rotr(Lanes x) {
  return (x >> N) | (x << (32 - N));
}
inline Lanes choose(Lanes x, Lanes y, Lanes z) { return z ^ (x & (y ^ z)); }
inline Lanes majority(Lanes x, Lanes y, Lanes z) { return (x & y) | (z & (x | y)); }
inline Lanes big0(Lanes x) { return rotr<2>(x) ^ rotr<13>(x) ^ rotr<22>(x); }
inline Lanes big1(Lanes x) { return rotr<6>(x) ^ rotr<11>(x) ^ rotr<25>(x); }
inline Lanes small0(Lanes x) { return rotr<7>(x) ^ rotr<18>(x) ^ (x >> 3); }
inline Lanes small1(Lanes x) { return rotr<17>(x) ^ rotr<19>(x) ^ (x >> 10); }
inline Lanes splat(std::uint32_t x) { return Lanes{x, x, x, x}; }

/// Four big-endian words of one message.
inline Lanes load_words(const base::Byte* from) {
  Octets raw;
  std::memcpy(&raw, from, sizeof raw);
  const Octets swapped =
      __builtin_shufflevector(raw, raw, 3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12);
  Lanes words;
  std::memcpy(&words, &swapped, sizeof words);
  return words;
}

/// Words `4*group` to `4*group + 3` of the four blocks: word i of all four lands in w[i].
inline void load_group(Lanes* w, const std::array<const base::Byte*, 4>& blocks,
                       std::size_t group) {
  const Lanes m0 = load_words(blocks[0] + 16 * group);
  const Lanes m1 = load_words(blocks[1] + 16 * group);
  const Lanes m2 = load_words(blocks[2] + 16 * group);
  const Lanes m3 = load_words(blocks[3] + 16 * group);
  const Lanes low01 = __builtin_shufflevector(m0, m1, 0, 4, 1, 5);
  const Lanes high01 = __builtin_shufflevector(m0, m1, 2, 6, 3, 7);
  const Lanes low23 = __builtin_shufflevector(m2, m3, 0, 4, 1, 5);
  const Lanes high23 = __builtin_shufflevector(m2, m3, 2, 6, 3, 7);
  w[4 * group + 0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
  w[4 * group + 1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
  w[4 * group + 2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
  w[4 * group + 3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
}

void compress_block(std::array<Lanes, 8>& state, const std::array<const base::Byte*, 4>& blocks) {
  Lanes w[16];
  for (std::size_t group = 0; group < 4; ++group) load_group(w, blocks, group);
  auto [a, b, c, d, e, f, g, h] = state;
  for (std::size_t i = 0; i < 64; ++i) {
    if (i >= 16) w[i % 16] += small1(w[(i + 14) % 16]) + w[(i + 9) % 16] + small0(w[(i + 1) % 16]);
    const Lanes t1 = h + big1(e) + choose(e, f, g) + splat(kSha256K[i]) + w[i % 16];
    const Lanes t2 = big0(a) + majority(a, b, c);
    h = g, g = f, f = e, e = d + t1;
    d = c, c = b, b = a, a = t1 + t2;
  }
  const std::array<Lanes, 8> after = {a, b, c, d, e, f, g, h};
  for (std::size_t i = 0; i < 8; ++i) state[i] += after[i];
}

}  // namespace

void compress_lanes(std::array<Sha256State, 4>& states,
                    const std::array<const base::Byte*, 4>& blocks, std::size_t count) {
  std::array<Lanes, 8> state;
  for (std::size_t i = 0; i < 8; ++i)
    state[i] = Lanes{states[0][i], states[1][i], states[2][i], states[3][i]};
  auto at = blocks;
  for (; count > 0; --count) {
    compress_block(state, at);
    for (auto& block : at) block += 64;
  }
  for (std::size_t i = 0; i < 8; ++i)
    for (std::size_t lane = 0; lane < 4; ++lane) states[lane][i] = state[i][lane];
}

}  // namespace skep::crypto
