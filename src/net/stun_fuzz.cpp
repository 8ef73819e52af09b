// Any answer of a STUN server, and any ICE URL.
#include <cstdint>

#include "net/stun.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const skep::base::ByteView bytes(data, size);
  skep::net::StunTransaction id{};
  if (size >= 20) std::copy(data + 8, data + 20, id.begin());
  const auto address = skep::net::decode_stun_response(bytes, id);
  SKEP_ASSERT(!address || address->size() <= 60);
  const auto server = skep::net::parse_ice_url({reinterpret_cast<const char*>(data), size});
  SKEP_ASSERT(!server || (server->port != 0 && !server->host.empty()));
  return 0;
}
