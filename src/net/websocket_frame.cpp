#include "net/websocket_frame.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace skep::net {
namespace {

enum Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

constexpr std::string_view kAcceptGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // §1.3

/// What is looked at in one step where nothing special is expected.
using Words = std::array<std::uint64_t, 4>;

void unmask(base::Byte* bytes, std::size_t size, const base::Byte* mask) {
  std::uint32_t narrow = 0;
  std::memcpy(&narrow, mask, 4);
  const std::uint64_t wide = std::uint64_t{narrow} << 32 | narrow;
  std::size_t at = 0;
  for (; at + sizeof(Words) <= size; at += sizeof(Words)) {
    Words words;
    std::memcpy(&words, bytes + at, sizeof words);
    for (std::uint64_t& word : words) word ^= wide;
    std::memcpy(bytes + at, &words, sizeof words);
  }
  for (; at < size; ++at) bytes[at] ^= mask[at % 4];
}

void put_header(std::string& to, Opcode opcode, std::size_t size) {
  to += static_cast<char>(0x80 | opcode);
  if (size < 126) {
    to += static_cast<char>(size);
    return;
  }
  const bool wide = size > 0xffff;
  to += static_cast<char>(wide ? 127 : 126);
  for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8)
    to += static_cast<char>((static_cast<std::uint64_t>(size) >> shift) & 0xff);
}

void put_frame(std::string& to, Opcode opcode, std::string_view payload) {
  put_header(to, opcode, payload.size());
  to += payload;
}

/// Codes that may appear in a close frame (§7.4).
bool may_be_sent(std::uint16_t code) {
  if (code >= 3000 && code < 5000) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != 1005 && code != 1006;
}

}  // namespace

struct WebSocketDecoder::Header {
  bool last = false;
  std::uint8_t opcode = 0;
};

WebSocketEvent WebSocketDecoder::broken(CloseCode code, std::string_view reason) {
  broken_ = true;
  message_ = {};
  return {WebSocketEvent::Kind::broken, code, reason};
}

std::optional<WebSocketEvent> WebSocketDecoder::control(const Header& header,
                                                        std::string_view payload) {
  if (header.opcode == ping)
    return WebSocketEvent{WebSocketEvent::Kind::ping, CloseCode::normal, payload};
  if (header.opcode == pong)
    return WebSocketEvent{WebSocketEvent::Kind::pong, CloseCode::normal, payload};
  if (payload.empty())
    return WebSocketEvent{WebSocketEvent::Kind::close, CloseCode::no_status, payload};
  if (payload.size() < 2) return broken(CloseCode::protocol_error, "a close code of one byte");
  const auto code = static_cast<std::uint16_t>((static_cast<unsigned char>(payload[0]) << 8) |
                                               static_cast<unsigned char>(payload[1]));
  if (!may_be_sent(code)) return broken(CloseCode::protocol_error, "no such close code");
  if (!is_utf8(payload.substr(2))) return broken(CloseCode::bad_payload, "a reason not in UTF-8");
  return WebSocketEvent{WebSocketEvent::Kind::close, CloseCode{code}, payload.substr(2)};
}

std::optional<WebSocketEvent> WebSocketDecoder::data(const Header& header,
                                                     std::string_view payload) {
  if (header.opcode == binary) return broken(CloseCode::unknown_data, "text messages only");
  if ((header.opcode == continuation) != fragmented_)
    return broken(CloseCode::protocol_error, "fragments out of order");
  if (!header.last || fragmented_) {
    message_ += payload;
    fragmented_ = !header.last;
    if (!header.last) return std::nullopt;
    deliver_kept_ = true;
    payload = message_;
  }
  if (!is_utf8(payload)) return broken(CloseCode::bad_payload, "text that is not UTF-8");
  return WebSocketEvent{WebSocketEvent::Kind::text, CloseCode::normal, payload};
}

std::optional<WebSocketEvent> WebSocketDecoder::feed(std::span<base::Byte> bytes,
                                                     std::size_t& used) {
  if (deliver_kept_) {  // the view of the last event is over
    message_ = {};
    deliver_kept_ = false;
  }
  while (!broken_ && bytes.size() - used >= 2) {
    base::Byte* at = bytes.data() + used;
    const std::size_t have = bytes.size() - used;
    const Header header{(at[0] & 0x80) != 0, static_cast<std::uint8_t>(at[0] & 0x0f)};
    if ((at[0] & 0x70) != 0) return broken(CloseCode::protocol_error, "reserved bits");
    if (header.opcode > binary && (header.opcode < close || header.opcode > pong))
      return broken(CloseCode::protocol_error, "an unknown kind of frame");
    if ((at[1] & 0x80) == 0) return broken(CloseCode::protocol_error, "a frame without a mask");
    std::uint64_t size = at[1] & 0x7f;
    std::size_t head = 2;
    if (header.opcode >= close && (size > kControlSizeMax || !header.last))
      return broken(CloseCode::protocol_error, "a control frame too long or in parts");
    if (size >= 126) {
      const std::size_t width = size == 126 ? 2 : 8;
      head += width;
      if (have < head) return std::nullopt;
      size = 0;
      for (std::size_t i = 2; i < head; ++i) size = size << 8 | at[i];
      if ((width == 2 && size < 126) || (width == 8 && (size <= 0xffff || size >> 63 != 0)))
        return broken(CloseCode::protocol_error, "a length not in its shortest form");
    }
    if (size > message_max_ || message_.size() + size > message_max_)
      return broken(CloseCode::too_big, "message too big");
    head += 4;  // the mask
    if (have < head + size) return std::nullopt;
    unmask(at + head, static_cast<std::size_t>(size), at + head - 4);
    const std::string_view payload(reinterpret_cast<const char*>(at + head),
                                   static_cast<std::size_t>(size));
    used += head + static_cast<std::size_t>(size);
    auto event = header.opcode >= close ? control(header, payload) : data(header, payload);
    if (event) return event;
  }
  return std::nullopt;
}

void put_text_frame(std::string& to, std::string_view payload) { put_frame(to, text, payload); }
void put_ping_frame(std::string& to) { put_frame(to, ping, {}); }
void put_pong_frame(std::string& to, std::string_view payload) { put_frame(to, pong, payload); }

void put_close_frame(std::string& to, CloseCode code, std::string_view reason) {
  if (code == CloseCode::no_status) return put_frame(to, close, {});
  if (reason.size() > kControlSizeMax - 2) {
    std::size_t end = kControlSizeMax - 2;
    while (end > 0 && (static_cast<unsigned char>(reason[end]) & 0xc0) == 0x80) --end;
    reason = reason.substr(0, end);
  }
  put_header(to, close, reason.size() + 2);
  const auto number = static_cast<std::uint16_t>(code);
  to += static_cast<char>(number >> 8);
  to += static_cast<char>(number & 0xff);
  to += reason;
}

std::string websocket_accept_key(std::string_view key) {
  const std::string text = std::string(key) + std::string(kAcceptGuid);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  ::EVP_Digest(text.data(), text.size(), digest.data(), &size, ::EVP_sha1(), nullptr);
  std::array<unsigned char, 64> encoded{};
  const int length = ::EVP_EncodeBlock(encoded.data(), digest.data(), static_cast<int>(size));
  return {reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length)};
}

bool is_utf8(std::string_view value) {
  const auto* at = reinterpret_cast<const unsigned char*>(value.data());
  const auto* end = at + value.size();
  while (at != end) {
    if (static_cast<std::size_t>(end - at) >= sizeof(Words)) {
      Words words;
      std::memcpy(&words, at, sizeof words);
      if (((words[0] | words[1] | words[2] | words[3]) & 0x8080808080808080U) == 0) {
        at += sizeof words;
        continue;
      }
    }
    const unsigned char c = *at;
    if (c < 0x80) {
      ++at;
      continue;
    }
    // Bytes that follow, and which second bytes are allowed (RFC 3629 §4).
    const std::ptrdiff_t more = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
    if (c < 0xc2 || c > 0xf4 || end - at <= more) return false;
    const unsigned char low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : 0x80;
    const unsigned char high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : 0xbf;
    if (at[1] < low || at[1] > high) return false;
    for (std::ptrdiff_t i = 2; i <= more; ++i)
      if ((at[i] & 0xc0) != 0x80) return false;
    at += more + 1;
  }
  return true;
}

}  // namespace skep::net
