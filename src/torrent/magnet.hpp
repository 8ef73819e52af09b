/// magnet.hpp: magnet links: a torrent named by its info-hashes, and where to start looking.
/// CONTRACT  parse and print are pure; what print writes parses back to the same. A link names a v1
///           hash, a v2 hash or both; parameters that we do not know are ignored, and so is an x.pe
///           that is no address.
/// SPEC      BEP 9 "magnet URI format" (xt, dn, tr, x.pe), BEP 19 (ws), BEP 52 "btmh" (multihash
///           0x12 0x20: SHA-256).
/// LIMITS    kMagnetSizeMax; kUrlsMax and kUrlSizeMax as in a .torrent, kUrlsMax peers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "crypto/digest.hpp"

namespace skep::torrent {

/// RFC 1035: a host name.
inline constexpr std::size_t kHostSizeMax = 253;

/// A link: a hundred trackers of ordinary length fit; browsers and shells stop near 32 KiB.
inline constexpr std::size_t kMagnetSizeMax = 32 * 1024;

struct Magnet {
  std::optional<crypto::ShortHash> v1;  ///< urn:btih: SHA-1 of info
  std::optional<crypto::Digest256> v2;  ///< urn:btmh: SHA-256 of info
  std::string name;                     ///< dn; advisory
  std::vector<std::string> trackers;    ///< tr
  std::vector<std::string> web_seeds;   ///< ws
  std::vector<std::string> peers;       ///< x.pe: "host:port", "[v6]:port"

  friend bool operator==(const Magnet&, const Magnet&) = default;
};

struct PeerAddress {
  std::string host;  ///< a name or an address, IPv6 without its brackets
  std::uint16_t port = 0;
  friend auto operator<=>(const PeerAddress&, const PeerAddress&) = default;
};
/// "host:port" or "[v6]:port". ERRORS bad_syntax, limit_exceeded (a host above 253 octets).
base::Result<PeerAddress> parse_peer_address(std::string_view text);
std::string print_peer_address(const PeerAddress& address);

/// ERRORS bad_syntax (no magnet link, bad percent-encoding), missing_field (no hash that we know),
///        bad_value (a hash of a wrong length), duplicate (two different hashes of one kind),
///        limit_exceeded.
base::Result<Magnet> parse_magnet(std::string_view text);

/// Everything but unreserved characters is percent-encoded. REQUIRES a hash.
std::string print_magnet(const Magnet& magnet);

}  // namespace skep::torrent
