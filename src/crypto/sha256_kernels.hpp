/// sha256_kernels.hpp: the compression functions that sha256.cpp chooses from, open for tests.
/// CONTRACT  `blocks` are 64-byte message blocks, already padded; state is FIPS 180-4's H0..H7.
///           compress_sha_ni may only be called when has_sha_ni() is true.
/// SPEC      FIPS 180-4 section 6.2.2.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"

namespace skep::crypto {

using Sha256State = std::array<std::uint32_t, 8>;

/// FIPS 180-4 section 5.3.3.
inline constexpr Sha256State kSha256Start = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/// FIPS 180-4 section 4.2.2.
extern const std::array<std::uint32_t, 64> kSha256K;

/// Plain C++.
void compress_scalar(Sha256State& state, const base::Byte* blocks, std::size_t count);

/// Four messages in the four lanes of 128-bit vectors: wasm SIMD, SSE2, NEON. `count` blocks each.
void compress_lanes(std::array<Sha256State, 4>& states,
                    const std::array<const base::Byte*, 4>& blocks, std::size_t count);

/// Whether this processor has Intel's SHA extensions (always false in wasm). Asked once.
bool has_sha_ni();
/// One message with the SHA extensions.
void compress_sha_ni(Sha256State& state, const base::Byte* blocks, std::size_t count);
/// Two messages interleaved, which hides the latency of sha256rnds2. `count` blocks each.
void compress_sha_ni_x2(std::array<Sha256State*, 2> states,
                        const std::array<const base::Byte*, 2>& blocks, std::size_t count);

}  // namespace skep::crypto
