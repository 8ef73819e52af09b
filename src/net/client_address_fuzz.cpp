// X-Forwarded-For, addresses and networks as strangers write them.
#include <cstdlib>

#include "net/client_address.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep::net;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto all = parse_network("0.0.0.0/0");
  const auto loopback = parse_network("127.0.0.0/8");
  if (!all || !loopback) std::abort();
  const IpAddress peer = *parse_ip_address("127.0.0.1");
  const Network only[] = {*loopback};
  // Whatever the text says, an untrusted peer speaks for itself.
  if (client_of(*parse_ip_address("192.0.2.1"), text, only) != *parse_ip_address("192.0.2.1"))
    std::abort();
  const IpAddress client = client_of(peer, text, only);
  const auto again = parse_ip_address(print_ip_address(client));
  if (!again || *again != client) std::abort();
  if (const auto network = parse_network(text); network && !network->contains(network->base))
    std::abort();
  return 0;
}
