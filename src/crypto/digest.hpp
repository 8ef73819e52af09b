/// digest.hpp: fixed-size octet strings that cannot be mixed up: digests, short hashes, peer ids.
/// CONTRACT  values; ordered as raw bytes; a default-constructed one is all zero.
/// SPEC      BEP 52: a v2 info-hash is 32 bytes; where BEP 3 has room for 20 it is truncated.
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <cstddef>
#include <cstring>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"

namespace skep::crypto {

template <class Tag, std::size_t Size>
struct FixedBytes {
  static constexpr std::size_t kSize = Size;
  std::array<base::Byte, Size> bytes{};

  friend bool operator==(const FixedBytes& a, const FixedBytes& b) {
    return std::memcmp(a.bytes.data(), b.bytes.data(), Size) == 0;
  }
  friend std::strong_ordering operator<=>(const FixedBytes& a, const FixedBytes& b) {
    return std::memcmp(a.bytes.data(), b.bytes.data(), Size) <=> 0;
  }
  /// Lives as long as this value.
  base::ByteView view() const { return bytes; }
  bool is_zero() const {
    return std::all_of(bytes.begin(), bytes.end(), [](base::Byte b) { return b == 0; });
  }
  /// Copies exactly Size octets. ERRORS bad_value (any other length).
  static base::Result<FixedBytes> from(base::ByteView raw) {
    if (raw.size() != Size)
      return base::fail(base::Errc::bad_value, "hash or id of a wrong length");
    FixedBytes out;
    std::copy(raw.begin(), raw.end(), out.bytes.begin());
    return out;
  }
};

/// A SHA-256 digest: a Merkle node, a v2 info-hash.
using Digest256 = FixedBytes<struct Digest256Tag, base::kDigestSize>;
/// A 20-byte info-hash, as in handshakes and tracker messages.
using ShortHash = FixedBytes<struct ShortHashTag, base::kShortHashSize>;
/// A BitTorrent peer id.
using PeerId = FixedBytes<struct PeerIdTag, base::kPeerIdSize>;

/// The first 20 bytes of a v2 info-hash (BEP 52, "handshake").
inline ShortHash shorten(const Digest256& digest) {
  ShortHash out;
  std::copy_n(digest.bytes.begin(), ShortHash::kSize, out.bytes.begin());
  return out;
}

}  // namespace skep::crypto
