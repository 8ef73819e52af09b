// Any bytes: refused, or within the limits and the same after writing and reading once more.
#include "base/assert.hpp"
#include "wire/extension.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep::wire;
  const skep::base::ByteView input(data, size);
  if (const auto handshake = decode_extension_handshake(input); handshake.has_value()) {
    const auto again = decode_extension_handshake(encode_extension_handshake(*handshake));
    SKEP_ASSERT(again.has_value() && *again == *handshake);
  }
  if (const auto claims = decode_claims(input); claims.has_value()) {
    SKEP_ASSERT(claims->size() <= kClaimsMax);
    const auto again = decode_claims(encode_claims(*claims));
    SKEP_ASSERT(again.has_value() && *again == *claims);
  }
  if (const auto piece = decode_dont_have(input); piece.has_value())
    SKEP_ASSERT(skep::base::equal(encode_dont_have(*piece), input));
  return 0;
}
