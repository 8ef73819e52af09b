/// extension.hpp: BEP 10's extension handshake, and our one extension, `skep`.
/// CONTRACT  payloads of wire::Extended messages, without their ids. What we do not know (yourip,
///           v, p, …; names of other extensions) is ignored, and not copied.
/// SPEC      BEP 10; docs/formats/wire.md ("skep: claims").
/// LIMITS    kExtensionPayloadMax, kClaimsMax.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"

namespace skep::wire {

/// Bytes of any extension payload decoded here; stock handshakes are under 1 KiB.
inline constexpr std::size_t kExtensionPayloadMax = 16 * 1024;
/// Claims in one message: a peer that fetches 256 segments (256 MiB) at once is no browser.
inline constexpr std::size_t kClaimsMax = 256;
/// Our extension's name in `m`, and the id under which we ask others to send it to us.
inline constexpr std::string_view kSkepExtension = "skep";
inline constexpr std::uint8_t kSkepExtensionId = 1;

/// BEP 54: "I do not have this piece any more", and the id under which we ask for it.
inline constexpr std::string_view kDontHaveExtension = "lt_donthave";
inline constexpr std::uint8_t kDontHaveExtensionId = 7;

/// Extended message 0.
struct ExtensionHandshake {
  /// `m`: the ids under which its sender takes lt_donthave, skep and ut_metadata; never 0, which
  /// switches an extension off.
  std::optional<std::uint8_t> dont_have;
  std::optional<std::uint8_t> skep;
  std::optional<std::uint8_t> metadata;
  std::optional<std::uint32_t> reqq;           ///< requests it queues before it drops or rejects
  std::optional<std::uint64_t> metadata_size;  ///< BEP 9: bytes of the info dictionary
  /// `skep_run`: takes requests of that many octets, and as much in one piece message, when it is
  /// blocks in a row that it asked for.
  std::optional<std::uint32_t> run;

  friend bool operator==(const ExtensionHandshake&, const ExtensionHandshake&) = default;
};

/// What we say ourselves: `lt_donthave`, `skep`, `ut_metadata` with the size of our info
/// dictionary, how many requests we queue, and blocks in a row. A template, because every visitor
/// downloads this code.
base::Bytes our_extension_handshake(std::uint64_t metadata_size);

/// The payload, without a client's name.
base::Bytes encode_extension_handshake(const ExtensionHandshake& handshake);
/// ERRORS those of decode_bencode(); wrong_type, out_of_range (an id, reqq or size that does not
/// fit).
base::Result<ExtensionHandshake> decode_extension_handshake(base::ByteView payload);

/// The payload of an `lt_donthave` message: a piece index, four bytes.
base::Bytes encode_dont_have(std::uint32_t piece);
/// ERRORS truncated, trailing_bytes.
base::Result<std::uint32_t> decode_dont_have(base::ByteView payload);

enum class ClaimState : std::uint8_t {
  given_up = 0,
  active = 1,  ///< its bytes are on their way from the origin
  done = 2,    ///< they are here, and on their way through the swarm
};
/// "I am getting this segment of this file over HTTP", or "no longer"; or somebody else is, of whom
/// the sender heard.
struct Claim {
  base::FileIndex file;
  std::uint32_t segment = 0;  ///< in units of Config::http_segment_bytes, from 0 in the file
  ClaimState state = ClaimState::given_up;
  std::uint64_t score = 0;  ///< 0: the sender's own; else the claimant's claim_score(), 63 bits
  friend bool operator==(const Claim&, const Claim&) = default;
};

/// The payload of a `skep` message (docs/formats/wire.md). REQUIRES at most kClaimsMax claims.
base::Bytes encode_claims(const std::vector<Claim>& claims);
/// ERRORS truncated (not a whole number of claims), limit_exceeded, bad_value (a state).
base::Result<std::vector<Claim>> decode_claims(base::ByteView payload);

}  // namespace skep::wire
