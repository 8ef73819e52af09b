/// magnet.hpp: magnet links: a torrent named by its info-hashes, and where to start looking.
/// CONTRACT  parse and print are pure; what print writes parses back to the same. A link names a v1
///           hash, a v2 hash or both; parameters that we do not know are ignored.
/// SPEC      BEP 9 "magnet URI format" (xt, dn, tr, ws), BEP 52 "btmh" (multihash 0x12 0x20:
/// SHA-256). LIMITS    kMagnetSizeMax; kUrlsMax and kUrlSizeMax as in a .torrent.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "crypto/digest.hpp"

namespace skep::torrent {

/// A link: a hundred trackers of ordinary length fit; browsers and shells stop near 32 KiB.
inline constexpr std::size_t kMagnetSizeMax = 32 * 1024;

struct Magnet {
  std::optional<crypto::ShortHash> v1;  ///< urn:btih: SHA-1 of info
  std::optional<crypto::Digest256> v2;  ///< urn:btmh: SHA-256 of info
  std::string name;                     ///< dn; advisory
  std::vector<std::string> trackers;    ///< tr
  std::vector<std::string> web_seeds;   ///< ws

  friend bool operator==(const Magnet&, const Magnet&) = default;
};

/// ERRORS bad_syntax (no magnet link, bad percent-encoding), missing_field (no hash that we know),
///        bad_value (a hash of a wrong length), duplicate (two different hashes of one kind),
///        limit_exceeded.
base::Result<Magnet> parse_magnet(std::string_view text);

/// Everything but unreserved characters is percent-encoded. REQUIRES a hash.
std::string print_magnet(const Magnet& magnet);

}  // namespace skep::torrent
