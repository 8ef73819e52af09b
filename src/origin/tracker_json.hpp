/// tracker_json.hpp: the tracker's messages as text: WebTorrent's JSON, with its binary strings.
/// CONTRACT  a parsed request keeps every limit of wire/tracker_message.hpp; a refused one names
/// the
///           reason. Unknown keys are ignored, so that clients may say more than we understand.
///           Printing accepts every response the tracker makes.
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

  /// One WebSocket text message.
  /// ERRORS limit_exceeded (size, a too long sdp), depth_exceeded, bad_syntax (not JSON, not
  /// UTF-8),
  ///        missing_field, wrong_type, bad_value (a binary string, an event, an action),
  ///        out_of_range (a negative or too large number).
  base::Result<wire::TrackerRequest> parse(std::string_view text);

 private:
  simdjson::dom::parser parser_;
};

/// One WebSocket text message. A failure without an info-hash has no `action` either: the stock
/// client takes any `announce` without a hash for its own and fails on it.
/// `ice_urls` (STUN, TURN) are recommended to clients that asked for candidates.
std::string print_tracker_response(const wire::TrackerResponse& response,
                                   std::span<const std::string> ice_urls = {});

}  // namespace skep::origin
