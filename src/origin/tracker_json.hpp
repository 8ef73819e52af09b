/// tracker_json.hpp: the tracker's messages as text: WebTorrent's JSON, with its binary strings.
/// CONTRACT  a parsed request keeps every limit of wire/tracker_message.hpp; a refused one names
///           the reason. Unknown keys are ignored, so that clients may say more than we understand;
///           what stands under them must be JSON all the same. Printing accepts every response the
///           tracker makes.
/// WHY       one pass over each message: a tracker does little else than read and print. Session
///           descriptions stay as JSON writes them (escapes and all) in the typed messages: who
///           relays one has no reason to decode it and encode it again.
/// SPEC      docs/formats/tracker.md; RFC 8259. A binary string has exactly 20 code points, each
///           U+0000-U+00FF, one for each octet; any other is refused.
/// LIMITS    wire::kTrackerMessageMax bytes, wire::kTrackerDepthMax levels, before anything else.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include <simdjson.h>

#include "base/result.hpp"
#include "wire/tracker_message.hpp"

namespace skep::origin {

/// Reads requests. Keeps its buffers between messages: one for each thread.
class TrackerJsonParser {
 public:
  TrackerJsonParser();

  /// One WebSocket text message. The `sdp` of what it says is JSON text, without the quotes.
  /// ERRORS limit_exceeded (size, a too long sdp), depth_exceeded, bad_syntax (not JSON, not
  ///        UTF-8), missing_field, wrong_type, bad_value (a binary string, an event, an action),
  ///        out_of_range (a negative or too large number).
  base::Result<wire::TrackerRequest> parse(std::string_view text);

  /// `"skep":{"pointer": base64}` of the last message, or nothing. Valid until the next one.
  std::string_view attached_pointer() const { return pointer_; }

 private:
  simdjson::ondemand::parser parser_;
  std::string padded_;  ///< the message; simdjson reads a little beyond the end
  std::string_view pointer_;
};

/// Appends one WebSocket text message. A failure without an info-hash has no `action` either: the
/// stock client takes any `announce` without a hash for its own and fails on it.
/// `ice_urls` (STUN, TURN) are recommended to clients that asked for candidates.
void print_tracker_response(std::string& to, const wire::TrackerResponse& response,
                            std::span<const std::string> ice_urls = {});

/// Appends valid UTF-8 as it stands between the quotes of a JSON string.
void print_json_text(std::string& to, std::string_view text);

}  // namespace skep::origin
