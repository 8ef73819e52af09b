/// client_address.hpp: whom a request came from, also when a proxy passes it on.
/// CONTRACT  pure. An IPv4 address inside of IPv6 (::ffff:a.b.c.d) is that IPv4 address.
/// WHY       X-Forwarded-For is written by anybody; only what a trusted proxy appended counts, so
///           the list is read from its right end, and the first address that is no trusted proxy is
///           the client.
/// SPEC      docs/serve.md, "Behind a proxy"; RFC 4291 section 2.5.5.2; RFC 4632 (CIDR)
/// LIMITS    kForwardedHopsMax
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace skep::net {

/// Proxies in a chain; what stands further to the left is not looked at.
inline constexpr std::size_t kForwardedHopsMax = 16;

struct IpAddress {
  std::array<std::uint8_t, 16> octets{};  ///< IPv4: ::ffff:a.b.c.d
  bool is_v4() const;
  bool is_loopback() const;
  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

/// "192.0.2.1", "2001:db8::1", also in brackets and with a port. ERRORS bad_syntax
base::Result<IpAddress> parse_ip_address(std::string_view text);
std::string print_ip_address(const IpAddress& address);

/// Those who share a limit: one IPv4 address, one IPv6 /64 (what one customer has at least).
IpAddress limit_key(const IpAddress& address);

/// "10.0.0.0/8", "2001:db8::/32", or one address.
struct Network {
  IpAddress base;
  int bits = 128;  ///< of the 16 octets
  bool contains(const IpAddress& address) const;
};
/// ERRORS bad_syntax, out_of_range (bits)
base::Result<Network> parse_network(std::string_view text);

/// The client of a request that came over a connection from `peer` with that X-Forwarded-For.
IpAddress client_of(const IpAddress& peer, std::string_view forwarded_for,
                    std::span<const Network> trusted);

}  // namespace skep::net
