#include "wire/handshake.hpp"

#include <algorithm>
#include <string_view>

#include "base/cursor.hpp"

namespace skep::wire {
namespace {

using base::Byte;
using base::ByteView;
using base::Errc;
using base::fail;

// The length octet and the name, as one.
constexpr std::string_view kProtocol =
    "\x13"
    "BitTorrent protocol";
constexpr std::size_t kReservedSize = 8;
constexpr std::size_t kExtensionByte = 5;  // BEP 10: bit 20 from the right
constexpr Byte kExtensionBit = 0x10;
constexpr std::size_t kLastByte = 7;
constexpr Byte kFastBit = 0x04;  // BEP 6: third lowest bit of the last byte
constexpr Byte kV2Bit = 0x10;    // BEP 52: fourth highest bit of the last byte

static_assert(kProtocol.size() + kReservedSize + crypto::ShortHash::kSize + crypto::PeerId::kSize ==
              kHandshakeSize);

}  // namespace

void encode(base::Bytes& out, const Handshake& handshake) {
  std::array<Byte, kReservedSize> reserved{};
  if (handshake.extensions) reserved[kExtensionByte] |= kExtensionBit;
  if (handshake.fast) reserved[kLastByte] |= kFastBit;
  if (handshake.v2) reserved[kLastByte] |= kV2Bit;
  base::append(out, kProtocol);
  base::append(out, ByteView(reserved));
  base::append(out, handshake.info_hash.view());
  base::append(out, handshake.peer_id.view());
}

base::Result<Handshake> decode_handshake(ByteView raw) {
  base::Reader reader(raw);
  SKEP_TRY(ByteView protocol, reader.take(kProtocol.size()));
  if (!base::equal(protocol, base::as_bytes(kProtocol)))
    return fail(Errc::unsupported, "not the BitTorrent protocol");
  SKEP_TRY(ByteView reserved, reader.take(kReservedSize));
  SKEP_TRY(ByteView info_hash, reader.take(crypto::ShortHash::kSize));
  SKEP_TRY(ByteView peer_id, reader.take(crypto::PeerId::kSize));
  SKEP_CHECK(reader.finish());

  Handshake out;
  std::copy(info_hash.begin(), info_hash.end(), out.info_hash.bytes.begin());
  std::copy(peer_id.begin(), peer_id.end(), out.peer_id.bytes.begin());
  out.extensions = (reserved[kExtensionByte] & kExtensionBit) != 0;
  out.fast = (reserved[kLastByte] & kFastBit) != 0;
  out.v2 = (reserved[kLastByte] & kV2Bit) != 0;
  return out;
}

}  // namespace skep::wire
