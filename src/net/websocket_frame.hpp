/// websocket_frame.hpp: WebSocket frames as bytes: a server's decoder and encoder.
/// CONTRACT  sans-I/O. feed() reads from a buffer that it may change (unmasking happens in place)
///           and says how far it got; what is left is a part of a frame, to be fed again with more
///           behind it. Events hold views into that buffer or into the decoder, valid until the
///           next call.
/// WHY       a tracker relays hundreds of thousands of small messages a second: all frames of a
///           read are handled in one pass, and all answers to a peer leave in one write.
/// SPEC      RFC 6455 section 5 (frames), 7.4 (close codes), 8.1 (UTF-8). No extensions.
/// LIMITS    message_max, given by the host; control frames 125 bytes
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.hpp"

namespace skep::net {

/// RFC 6455 §7.4.1.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unknown_data = 1003,
  no_status = 1005,  ///< never on the wire
  bad_payload = 1007,
  policy_error = 1008,
  too_big = 1009,
};

inline constexpr std::size_t kControlSizeMax = 125;

/// What a client sent.
struct WebSocketEvent {
  enum class Kind : std::uint8_t {
    text,    ///< a whole message
    ping,    ///< to be answered with its payload
    pong,    ///<
    close,   ///< the peer ends; `code`, 1005 when it gave none
    broken,  ///< close with `code` and `payload` as the reason; nothing more can be read
  };
  Kind kind = Kind::text;
  CloseCode code = CloseCode::normal;
  std::string_view payload;
};

class WebSocketDecoder {
 public:
  explicit WebSocketDecoder(std::size_t message_max) : message_max_(message_max) {}

  /// The next event in bytes[used…], or nothing when more bytes are needed. Advances `used`.
  std::optional<WebSocketEvent> feed(std::span<base::Byte> bytes, std::size_t& used);
  /// Bytes kept of a message that is not complete.
  std::size_t kept() const { return message_.capacity(); }

 private:
  struct Header;
  WebSocketEvent broken(CloseCode code, std::string_view reason);
  std::optional<WebSocketEvent> control(const Header& header, std::string_view payload);
  std::optional<WebSocketEvent> data(const Header& header, std::string_view payload);

  const std::size_t message_max_;
  std::string message_;      ///< fragments so far
  bool fragmented_ = false;  ///< between a first and a last fragment
  bool deliver_kept_ = false;
  bool broken_ = false;
};

/// Appends a whole unmasked frame.
void put_text_frame(std::string& to, std::string_view text);
void put_ping_frame(std::string& to);
void put_pong_frame(std::string& to, std::string_view payload);
/// `reason` is cut to what fits, at a character's end.
void put_close_frame(std::string& to, CloseCode code, std::string_view reason);

/// The value of Sec-WebSocket-Accept (§4.2.2).
std::string websocket_accept_key(std::string_view key);

/// RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace skep::net
