/// sha1.hpp: SHA-1, for the v1 half of hybrid torrents only.
/// CONTRACT  pure; both implementations give the same digests. Nothing is trusted because of it: it
///           names swarms of v1 clients and lets them check their pieces; we check by SHA-256.
/// SPEC      FIPS 180-4 section 6.1; BEP 3 "info-hash", "pieces". Tested against NIST's vectors.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "crypto/message_blocks.hpp"

namespace skep::crypto {

using Sha1State = std::array<std::uint32_t, 5>;
inline constexpr Sha1State kSha1Start = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476,
                                         0xc3d2e1f0};

/// A message that arrives in pieces.
class Sha1 {
 public:
  void update(base::ByteView bytes);
  /// Bytes so far.
  std::uint64_t size() const { return blocks_.size(); }
  /// The digest of everything so far. The object is then as new.
  ShortHash finish();

 private:
  Sha1State state_ = kSha1Start;
  MessageBlocks blocks_;
};

ShortHash sha1(base::ByteView message);

/// The compression functions, open for tests: `count` blocks of 64 bytes.
void sha1_compress_scalar(Sha1State& state, const base::Byte* blocks, std::size_t count);
/// With Intel's SHA extensions. REQUIRES has_sha_ni() (sha256_kernels.hpp).
void sha1_compress_ni(Sha1State& state, const base::Byte* blocks, std::size_t count);

}  // namespace skep::crypto
