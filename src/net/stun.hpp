/// stun.hpp: does UDP reach the world? One STUN Binding request and its answer.
/// CONTRACT  encode and decode are pure; probe_stun blocks until it knows, or its time is over.
/// SPEC      RFC 8489 section 5 (header), 14.2 (XOR-MAPPED-ADDRESS), 6.2.1 (retransmission)
/// LIMITS    an answer has at most kStunMessageMax bytes.
///
///   0                   2                   4
///   | type 0x0001/0101  | length            | magic cookie 2112A442 |
///   | transaction id, 96 bits ...                                   |
///   | attribute type    | length            | value, padded to 4 ...|
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"

namespace skep::net {

/// What fits into an Ethernet frame; answers have about 100 bytes.
inline constexpr std::size_t kStunMessageMax = 1500;

using StunTransaction = std::array<base::Byte, 12>;

/// A Binding request without attributes.
base::Bytes encode_stun_request(const StunTransaction& id);

/// The address that a Binding success response says we have, as "192.0.2.1:3478". ERRORS truncated,
/// bad_syntax (not STUN), bad_value (another transaction, an error response), missing_field.
base::Result<std::string> decode_stun_response(base::ByteView message, const StunTransaction& id);

/// The server of a stun:, turn: or turns: URL. ERRORS bad_syntax, unsupported (another scheme).
struct IceServer {
  std::string scheme;
  std::string host;
  std::uint16_t port = 0;
  bool udp() const { return scheme != "turns"; }
};
base::Result<IceServer> parse_ice_url(std::string_view url);

struct StunOutcome {
  std::string address;   ///< ours, as seen from there; empty: no answer
  std::string sentence;  ///< why not
};
/// Asks a server, up to four times within `timeout`.
StunOutcome probe_stun(const IceServer& server, base::Duration timeout);

}  // namespace skep::net
