#include "net/client_address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace skep::net {
namespace {

using base::Errc;
using base::fail;

constexpr std::array<std::uint8_t, 12> kV4Prefix = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr int kV4PrefixBits = 96;

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Without brackets and port.
std::string_view bare(std::string_view text) {
  if (text.starts_with('[')) {
    const std::size_t close = text.find(']');
    return close == std::string_view::npos ? std::string_view{} : text.substr(1, close - 1);
  }
  const std::size_t colon = text.find(':');
  const bool one_colon = colon != std::string_view::npos && text.find(':', colon + 1) == text.npos;
  return one_colon ? text.substr(0, colon) : text;
}

}  // namespace

bool IpAddress::is_v4() const {
  return std::equal(kV4Prefix.begin(), kV4Prefix.end(), octets.begin());
}

bool IpAddress::is_loopback() const {
  if (is_v4()) return octets[12] == 127;
  return octets[15] == 1 && std::all_of(octets.begin(), octets.end() - 1,
                                        [](std::uint8_t octet) { return octet == 0; });
}

base::Result<IpAddress> parse_ip_address(std::string_view text) {
  const std::string address(bare(trim(text)));
  IpAddress out;
  if (::inet_pton(AF_INET6, address.c_str(), out.octets.data()) == 1) return out;
  std::copy(kV4Prefix.begin(), kV4Prefix.end(), out.octets.begin());
  if (::inet_pton(AF_INET, address.c_str(), out.octets.data() + kV4Prefix.size()) == 1) return out;
  return fail(Errc::bad_syntax, "not an IP address");
}

std::string print_ip_address(const IpAddress& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v4 = address.is_v4();
  const void* octets = address.octets.data() + (v4 ? kV4Prefix.size() : 0);
  ::inet_ntop(v4 ? AF_INET : AF_INET6, octets, text.data(), text.size());
  return text.data();
}

IpAddress limit_key(const IpAddress& address) {
  IpAddress out = address;
  if (!out.is_v4()) std::fill(out.octets.begin() + 8, out.octets.end(), std::uint8_t{0});
  return out;
}

bool Network::contains(const IpAddress& address) const {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(base.octets.begin(), base.octets.begin() + static_cast<std::ptrdiff_t>(whole),
                  address.octets.begin()))
    return false;
  const int rest = bits % 8;
  if (rest == 0) return true;
  return (base.octets[whole] ^ address.octets[whole]) >> (8 - rest) == 0;
}

base::Result<Network> parse_network(std::string_view text) {
  text = trim(text);
  const std::size_t slash = text.find('/');
  Network out;
  SKEP_TRY(out.base, parse_ip_address(text.substr(0, slash)));
  if (slash == std::string_view::npos) return out;
  const std::string_view digits = text.substr(slash + 1);
  int bits = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
  if (digits.empty() || error != std::errc() || end != digits.data() + digits.size())
    return fail(Errc::bad_syntax, "not a prefix length");
  // An IPv4 address written as such counts its bits from there.
  const bool v4 = out.base.is_v4() && text.substr(0, slash).find(':') == std::string_view::npos;
  if (v4) bits += kV4PrefixBits;
  if (bits < (v4 ? kV4PrefixBits : 0) || bits > 128)
    return fail(Errc::out_of_range, "no such prefix length");
  out.bits = bits;
  return out;
}

IpAddress client_of(const IpAddress& peer, std::string_view forwarded_for,
                    std::span<const Network> trusted) {
  IpAddress client = peer;
  for (std::size_t hop = 0; hop < kForwardedHopsMax && !forwarded_for.empty(); ++hop) {
    const bool known = std::any_of(trusted.begin(), trusted.end(), [&](const Network& network) {
      return network.contains(client);
    });
    if (!known) break;
    const std::size_t comma = forwarded_for.rfind(',');
    const std::string_view last =
        comma == std::string_view::npos ? forwarded_for : forwarded_for.substr(comma + 1);
    const auto named = parse_ip_address(last);
    if (!named) break;  // "unknown", or nonsense: the proxy is all we know
    client = *named;
    forwarded_for =
        comma == std::string_view::npos ? std::string_view{} : forwarded_for.substr(0, comma);
  }
  return client;
}

}  // namespace skep::net
