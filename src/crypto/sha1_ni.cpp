// SHA-1 with Intel's SHA extensions. sha1rnds4 does four rounds on A..D; sha1nexte makes the E that
// they need from the A of four rounds ago; sha1msg1/msg2 compute four words of the schedule.
#include "base/assert.hpp"
#include "crypto/sha1.hpp"

#if defined(__x86_64__)
#include <immintrin.h>

#define SKEP_SHA_NI __attribute__((target("sha,sse4.1,ssse3")))
#define SKEP_SHA_NI_INLINE SKEP_SHA_NI __attribute__((always_inline)) inline

namespace skep::crypto {
namespace {

struct Rounds {
  __m128i abcd;
  __m128i before;  ///< A..D of four rounds ago, or the first E
  __m128i words[4];
};

SKEP_SHA_NI_INLINE __m128i load_words(const base::Byte* from) {
  const __m128i swap = _mm_set_epi64x(0x0001020304050607LL, 0x08090a0b0c0d0e0fLL);
  return _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from)), swap);
}

/// Five groups of four rounds with the function and constant that `Kind` names.
template <int Kind>
SKEP_SHA_NI_INLINE void twenty_rounds(Rounds& r, const base::Byte* block) {
#pragma GCC unroll 5
  for (int group = 5 * Kind; group < 5 * Kind + 5; ++group) {
    __m128i& w = r.words[group % 4];
    if (group < 4) {
      w = load_words(block + 16 * group);
    } else {
      const __m128i sum =
          _mm_xor_si128(_mm_sha1msg1_epu32(w, r.words[(group + 1) % 4]), r.words[(group + 2) % 4]);
      w = _mm_sha1msg2_epu32(sum, r.words[(group + 3) % 4]);
    }
    const __m128i e = group == 0 ? _mm_add_epi32(r.before, w) : _mm_sha1nexte_epu32(r.before, w);
    r.before = r.abcd;
    r.abcd = _mm_sha1rnds4_epu32(r.abcd, e, Kind);
  }
}

}  // namespace

SKEP_SHA_NI void sha1_compress_ni(Sha1State& state, const base::Byte* blocks, std::size_t count) {
  auto* words = reinterpret_cast<__m128i*>(state.data());
  Rounds r;
  r.abcd = _mm_shuffle_epi32(_mm_loadu_si128(words), 0x1b);
  __m128i e = _mm_set_epi32(static_cast<int>(state[4]), 0, 0, 0);
  for (; count > 0; --count, blocks += 64) {
    const __m128i start = r.abcd;
    r.before = e;
    twenty_rounds<0>(r, blocks);
    twenty_rounds<1>(r, blocks);
    twenty_rounds<2>(r, blocks);
    twenty_rounds<3>(r, blocks);
    e = _mm_sha1nexte_epu32(r.before, e);
    r.abcd = _mm_add_epi32(r.abcd, start);
  }
  _mm_storeu_si128(words, _mm_shuffle_epi32(r.abcd, 0x1b));
  state[4] = static_cast<std::uint32_t>(_mm_extract_epi32(e, 3));
}

}  // namespace skep::crypto

#else

namespace skep::crypto {

void sha1_compress_ni(Sha1State&, const base::Byte*, std::size_t) { SKEP_UNREACHABLE(); }

}  // namespace skep::crypto

#endif
