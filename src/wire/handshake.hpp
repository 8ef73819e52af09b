/// handshake.hpp: the first 68 bytes each side of a link sends.
/// CONTRACT  values in, bytes out; decoding copies what it needs. Reserved bits that we do not name
///           are ignored when read and zero when written.
/// SPEC      BEP 3 "peer protocol", BEP 6, BEP 10, BEP 52 ("handshake": a v2 info-hash truncated to
///           20 bytes). Drawn in docs/formats/wire.md.
#pragma once

#include <cstddef>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"

namespace skep::wire {

/// Bytes of a handshake: 1 + 19 + 8 + 20 + 20.
inline constexpr std::size_t kHandshakeSize = 68;

struct Handshake {
  crypto::ShortHash info_hash;  ///< of a v2 torrent: crypto::shorten(info-hash)
  crypto::PeerId peer_id;
  bool fast = true;        ///< BEP 6: HaveAll, HaveNone, Reject, AllowedFast, Suggest
  bool extensions = true;  ///< BEP 10: Extended
  bool v2 = true;          ///< BEP 52: also speaks v2 (hybrids); we always do

  friend bool operator==(const Handshake&, const Handshake&) = default;
};

/// Appends the 68 bytes.
void encode(base::Bytes& out, const Handshake& handshake);

/// Reads exactly kHandshakeSize bytes.
/// ERRORS truncated, trailing_bytes (any other size), unsupported (not "BitTorrent protocol").
base::Result<Handshake> decode_handshake(base::ByteView raw);

}  // namespace skep::wire
