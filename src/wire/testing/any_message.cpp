#include "wire/testing/any_message.hpp"

namespace skep::wire::testing {
namespace {

std::uint32_t any_u32(base::Rng& rng) { return static_cast<std::uint32_t>(rng.next()); }

BlockRange any_block(base::Rng& rng) { return {any_u32(rng), any_u32(rng), any_u32(rng)}; }

HashRange any_range(base::Rng& rng) {
  HashRange out;
  for (base::Byte& octet : out.root.bytes) octet = static_cast<base::Byte>(rng.next());
  out.base_layer = any_u32(rng);
  out.index = any_u32(rng);
  out.length = any_u32(rng);
  out.proof_layers = any_u32(rng);
  return out;
}

}  // namespace

base::Bytes any_bytes(base::Rng& rng, std::size_t size_max) {
  base::Bytes out(rng.below(size_max + 1));
  for (base::Byte& octet : out) octet = static_cast<base::Byte>(rng.next());
  return out;
}

Message any_message(base::Rng& rng, base::Bytes& payload) {
  payload = any_bytes(rng, 300);
  switch (rng.below(19)) {
    case 0:
      return KeepAlive{};
    case 1:
      return Choke{};
    case 2:
      return Unchoke{};
    case 3:
      return Interested{};
    case 4:
      return NotInterested{};
    case 5:
      return Have{any_u32(rng)};
    case 6:
      return Bitfield{payload};
    case 7:
      return Request{any_block(rng)};
    case 8:
      return Piece{any_u32(rng), any_u32(rng), payload};
    case 9:
      return Cancel{any_block(rng)};
    case 10:
      return Suggest{any_u32(rng)};
    case 11:
      return HaveAll{};
    case 12:
      return HaveNone{};
    case 13:
      return Reject{any_block(rng)};
    case 14:
      return AllowedFast{any_u32(rng)};
    case 15:
      return Extended{static_cast<std::uint8_t>(rng.next()), payload};
    case 16:
      return HashRequest{any_range(rng)};
    case 17:
      payload.resize(payload.size() / crypto::Digest256::kSize * crypto::Digest256::kSize);
      return Hashes{any_range(rng), payload};
    default:
      return HashReject{any_range(rng)};
  }
}

}  // namespace skep::wire::testing
