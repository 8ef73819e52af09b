/// allowed_swarms.hpp: which swarms a tracker serves: its own site's, and those of allowed keys.
/// CONTRACT  the site's pointer is read from disk by the owner and handed in; other pointers come
///           from clients, who attach them to an announce, and count only if an allowed key signed
///           them and they have not expired. Hashes are BEP 52's, truncated to 20 bytes.
/// WHY       a publication on a static host has its tracker elsewhere; the tracker has to learn the
///           swarms of a key without asking anybody, and a signed pointer says exactly that.
/// SPEC      docs/formats/tracker.md, "Swarms of other publications"
/// LIMITS    kPointersPerKeyMax, kSitePointersMax
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "crypto/digest.hpp"
#include "site/pointer.hpp"

namespace skep::origin {

/// Pointers of one key that count at the same time: versions of a few sites.
inline constexpr std::size_t kPointersPerKeyMax = 64;
/// The site's own: the newest and those it replaced, whose visitors are still there.
inline constexpr std::size_t kSitePointersMax = 4;
inline constexpr std::int64_t kReplacedPointerSeconds = 3600;

class AllowedSwarms {
 public:
  explicit AllowedSwarms(std::vector<site::PublicKey> keys) : keys_(std::move(keys)) {}

  bool takes_pointers() const { return !keys_.empty(); }

  /// The site's pointer file as it is now ("" when there is none). True if the set changed.
  bool set_site_pointer(std::string_view file, std::int64_t now_s);
  /// A pointer that a client attached. True if the set changed.
  /// ERRORS those of open_pointer; bad_signature (not an allowed key), expired.
  base::Result<bool> offer_pointer(base::ByteView file, std::int64_t now_s);
  /// Drops what has expired. True if the set changed.
  bool expire(std::int64_t now_s);

  /// Everything allowed, without duplicates.
  std::vector<crypto::ShortHash> info_hashes() const;

 private:
  struct Known {
    site::PublicKey key;
    site::Signature signature;
    std::vector<crypto::ShortHash> info_hashes;
    std::int64_t until_s = 0;
  };

  const std::vector<site::PublicKey> keys_;
  std::string site_file_;
  std::vector<Known> site_;     ///< newest last
  std::vector<Known> offered_;  ///< oldest first
};

}  // namespace skep::origin
