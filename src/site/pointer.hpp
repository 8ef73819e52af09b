/// pointer.hpp: the signed pointer to a site's newest version: `.well-known/skep/latest`.
/// CONTRACT  portable and pure: structure, limits and the rules of acceptance. The signature itself
///           is checked by the host (OpenSSL, WebCrypto) over pointer_bytes_to_sign(); a Pointer is
///           worth nothing before that.
/// SPEC      BEP 44 (mutable items, no salt), docs/formats/pointer.md
/// LIMITS    `v` kPointerValueMax bytes, the file kPointerFileMax, kPointerHashesMax info-hashes.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/bytes.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"

namespace skep::site {

/// Bundles of one site; 16 info-hashes take 560 of the 1,000 bytes.
inline constexpr std::size_t kPointerHashesMax = 16;

/// An Ed25519 public key and signature (RFC 8032).
using PublicKey = crypto::FixedBytes<struct PublicKeyTag, 32>;
using Signature = crypto::FixedBytes<struct SignatureTag, 64>;

/// The publisher's switch: what visitors do from their next load on.
enum class Switch : std::uint8_t {
  on,
  off,     ///< plain HTTP; what a visitor keeps stays, for the day it is on again
  forget,  ///< plain HTTP, and what a visitor keeps is deleted
};

struct Pointer {
  PublicKey key;
  std::int64_t seq = 0;  ///< grows with every signing
  Signature signature;
  base::Bytes value;  ///< `v` exactly as it was signed, unknown keys included
  // what `value` says:
  std::int64_t expires_s = 0;  ///< Unix time in seconds
  std::vector<crypto::Digest256> info_hashes;
  Switch state = Switch::on;
  /// `v1h`: none, or one for each of them (zero: no hybrid).
  std::vector<crypto::ShortHash> v1_hashes;
};

/// The bencoded `v`. `v1_hashes`: as in Pointer.
/// REQUIRES 1 to kPointerHashesMax info-hashes, as many v1 hashes or none, expires_s > 0.
base::Bytes encode_pointer_value(std::int64_t expires_s,
                                 const std::vector<crypto::Digest256>& info_hashes,
                                 Switch state = Switch::on,
                                 const std::vector<crypto::ShortHash>& v1_hashes = {});

/// What is signed: BEP 44's `3:seqi<seq>e1:v<value>`.
base::Bytes pointer_bytes_to_sign(std::int64_t seq, base::ByteView value);

/// The whole file. REQUIRES a value made by encode_pointer_value or decode_pointer.
base::Bytes encode_pointer(const Pointer& pointer);

/// Reads and checks the structure, not the signature.
/// ERRORS those of decode_bencode; missing_field, wrong_type, bad_value, limit_exceeded,
///        unsupported (`v`.`v` is not 1), duplicate (an info-hash twice). A pointer that is
///        switched off is well-formed: who follows pointers looks at `state`.
base::Result<Pointer> decode_pointer(base::ByteView file);

/// What a visitor knows when it judges a pointer.
struct PointerContext {
  std::int64_t now_s = 0;           ///< Unix time in seconds
  std::optional<PublicKey> pinned;  ///< from the page, or the first key ever seen here
  std::int64_t highest_seq = 0;     ///< 0: none seen yet
};
/// Whether a pointer *whose signature was verified* may be followed.
/// ERRORS bad_signature (another key than the pinned one), rolled_back, expired.
base::Status check_pointer(const Pointer& pointer, const PointerContext& context);

}  // namespace skep::site
