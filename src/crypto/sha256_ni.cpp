// SHA-256 with Intel's SHA extensions. sha256rnds2 does two rounds on the state split as ABEF and
// CDGH; sha256msg1/msg2 compute four words of the message schedule.
#include "base/assert.hpp"
#include "crypto/sha256_kernels.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#define SKEP_SHA_NI __attribute__((target("sha,sse4.1,ssse3")))
#define SKEP_SHA_NI_INLINE SKEP_SHA_NI __attribute__((always_inline)) inline

namespace skep::crypto {
namespace {

struct Halves {
  __m128i abef;
  __m128i cdgh;
};

SKEP_SHA_NI_INLINE Halves split(const Sha256State& state) {
  const auto* words = reinterpret_cast<const __m128i*>(state.data());
  const __m128i cdab = _mm_shuffle_epi32(_mm_loadu_si128(words), 0xb1);
  const __m128i efgh = _mm_shuffle_epi32(_mm_loadu_si128(words + 1), 0x1b);
  return {_mm_alignr_epi8(cdab, efgh, 8), _mm_blend_epi16(efgh, cdab, 0xf0)};
}

SKEP_SHA_NI_INLINE void join(Sha256State& state, Halves halves) {
  auto* words = reinterpret_cast<__m128i*>(state.data());
  const __m128i feba = _mm_shuffle_epi32(halves.abef, 0x1b);
  const __m128i dchg = _mm_shuffle_epi32(halves.cdgh, 0xb1);
  _mm_storeu_si128(words, _mm_blend_epi16(feba, dchg, 0xf0));
  _mm_storeu_si128(words + 1, _mm_alignr_epi8(dchg, feba, 8));
}

SKEP_SHA_NI_INLINE __m128i load_words(const base::Byte* from) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)), swap);
}

/// Words 16..19 after w0..w3 (four words each).
SKEP_SHA_NI_INLINE __m128i extend(__m128i w0, __m128i w1, __m128i w2, __m128i w3) {
  const __m128i sum = _mm_add_epi32(_mm_sha256msg1_epu32(w0, w1), _mm_alignr_epi8(w3, w2, 4));
  return _mm_sha256msg2_epu32(sum, w3);
}

SKEP_SHA_NI_INLINE void four_rounds(Halves& s, __m128i words, std::size_t round) {
  const __m128i k = _mm_loadu_si128(reinterpret_cast<const __m128i*>(&kSha256K[round]));
  const __m128i wk = _mm_add_epi32(words, k);
  s.cdgh = _mm_sha256rnds2_epu32(s.cdgh, s.abef, wk);
  s.abef = _mm_sha256rnds2_epu32(s.abef, s.cdgh, _mm_shuffle_epi32(wk, 0x0e));
}

/// One block of each of N messages, their rounds interleaved.
template <std::size_t N>
SKEP_SHA_NI_INLINE void compress_block(Halves (&s)[N], const base::Byte* (&block)[N]) {
  __m128i w[N][4];
  Halves before[N];
#pragma GCC unroll 2
  for (std::size_t m = 0; m < N; ++m) before[m] = s[m];
#pragma GCC unroll 16
  for (std::size_t group = 0; group < 16; ++group) {
#pragma GCC unroll 2
    for (std::size_t m = 0; m < N; ++m) {
      __m128i* v = w[m];
      const std::size_t i = group % 4;
      v[i] = group < 4 ? load_words(block[m] + 16 * group)
                       : extend(v[i], v[(i + 1) % 4], v[(i + 2) % 4], v[(i + 3) % 4]);
      four_rounds(s[m], v[i], 4 * group);
    }
  }
#pragma GCC unroll 2
  for (std::size_t m = 0; m < N; ++m) {
    s[m].abef = _mm_add_epi32(s[m].abef, before[m].abef);
    s[m].cdgh = _mm_add_epi32(s[m].cdgh, before[m].cdgh);
    block[m] += 64;
  }
}

}  // namespace

bool has_sha_ni() {
  static const bool answer = [] {
    unsigned a = 7, b = 0, c = 0, d = 0;
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));  // leaf 7, subleaf 0
    const bool sha = (b >> 29) & 1;
    return sha && __builtin_cpu_supports("sse4.1") && __builtin_cpu_supports("ssse3");
  }();
  return answer;
}

SKEP_SHA_NI void compress_sha_ni(Sha256State& state, const base::Byte* blocks, std::size_t count) {
  Halves halves[1] = {split(state)};
  const base::Byte* at[1] = {blocks};
  for (; count > 0; --count) compress_block(halves, at);
  join(state, halves[0]);
}

SKEP_SHA_NI void compress_sha_ni_x2(std::array<Sha256State*, 2> states,
                                    const std::array<const base::Byte*, 2>& blocks,
                                    std::size_t count) {
  Halves halves[2] = {split(*states[0]), split(*states[1])};
  const base::Byte* at[2] = {blocks[0], blocks[1]};
  for (; count > 0; --count) compress_block(halves, at);
  join(*states[0], halves[0]);
  join(*states[1], halves[1]);
}

}  // namespace skep::crypto

#else

namespace skep::crypto {

bool has_sha_ni() { return false; }
void compress_sha_ni(Sha256State&, const base::Byte*, std::size_t) { SKEP_UNREACHABLE(); }
void compress_sha_ni_x2(std::array<Sha256State*, 2>, const std::array<const base::Byte*, 2>&,
                        std::size_t) {
  SKEP_UNREACHABLE();
}

}  // namespace skep::crypto

#endif
