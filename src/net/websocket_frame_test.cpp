#include "net/websocket_frame.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace skep::net {
namespace {

using Kind = WebSocketEvent::Kind;

/// A client's frame, with a mask that is not zero.
std::string masked(int first, std::string_view payload, bool mask = true) {
  std::string out(1, static_cast<char>(first));
  const int bit = mask ? 0x80 : 0;
  if (payload.size() < 126) {
    out += static_cast<char>(bit | static_cast<int>(payload.size()));
  } else {
    const bool wide = payload.size() > 0xffff;
    out += static_cast<char>(bit | (wide ? 127 : 126));
    for (int shift = wide ? 56 : 8; shift >= 0; shift -= 8)
      out += static_cast<char>((std::uint64_t{payload.size()} >> shift) & 0xff);
  }
  const std::string key = "\x37\xfa\x21\x3d";
  if (mask) out += key;
  for (std::size_t i = 0; i < payload.size(); ++i)
    out += static_cast<char>(mask ? payload[i] ^ key[i % 4] : payload[i]);
  return out;
}

struct Heard {
  Kind kind;
  CloseCode code;
  std::string payload;
  friend bool operator==(const Heard&, const Heard&) = default;
};

/// Everything that a decoder makes of `bytes`, fed in pieces of `step`.
std::vector<Heard> hear(std::string bytes, std::size_t step, std::size_t message_max = 1000) {
  WebSocketDecoder decoder(message_max);
  std::vector<Heard> out;
  std::string kept;
  for (std::size_t at = 0; at < bytes.size(); at += step) {
    kept += bytes.substr(at, step);
    std::size_t used = 0;
    while (auto event =
               decoder.feed({reinterpret_cast<base::Byte*>(kept.data()), kept.size()}, used)) {
      out.push_back({event->kind, event->code, std::string(event->payload)});
      if (event->kind == Kind::broken) return out;
    }
    kept.erase(0, used);
  }
  return out;
}

TEST(WebSocketFrame, MessagesArriveInWhateverPiecesTheyCome) {
  const std::string bytes = masked(0x81, "hello") + masked(0x01, "Hel") + masked(0x89, "ping") +
                            masked(0x00, "l") + masked(0x80, "o") +
                            masked(0x81, std::string(700, 'x')) +
                            masked(0x88,
                                   "\x03\xe8"
                                   "bye");
  const std::vector<Heard> want = {{Kind::text, CloseCode::normal, "hello"},
                                   {Kind::ping, CloseCode::normal, "ping"},
                                   {Kind::text, CloseCode::normal, "Hello"},
                                   {Kind::text, CloseCode::normal, std::string(700, 'x')},
                                   {Kind::close, CloseCode::normal, "bye"}};
  for (const std::size_t step : {1U, 2U, 3U, 7U, 10'000U})
    EXPECT_EQ(hear(bytes, step), want) << step;
}

TEST(WebSocketFrame, WhatTheRfcForbidsEndsWithItsCode) {
  struct Row {
    const char* what;
    std::string bytes;
    CloseCode code;
  };
  const Row rows[] = {
      {"no mask", masked(0x81, "x", false), CloseCode::protocol_error},
      {"reserved bits", masked(0xc1, "x"), CloseCode::protocol_error},
      {"unknown opcode", masked(0x83, "x"), CloseCode::protocol_error},
      {"unknown control opcode", masked(0x8b, "x"), CloseCode::protocol_error},
      {"binary", masked(0x82, "x"), CloseCode::unknown_data},
      {"long ping", masked(0x89, std::string(126, 'x')), CloseCode::protocol_error},
      {"ping in parts", masked(0x09, "x"), CloseCode::protocol_error},
      {"continuation of nothing", masked(0x80, "x"), CloseCode::protocol_error},
      {"new message inside of one", masked(0x01, "x") + masked(0x81, "y"),
       CloseCode::protocol_error},
      {"bad UTF-8", masked(0x81, "\xc3\x28"), CloseCode::bad_payload},
      {"surrogate", masked(0x81, "\xed\xa0\x80"), CloseCode::bad_payload},
      {"too big", masked(0x81, std::string(1001, 'x')), CloseCode::too_big},
      {"too big in parts",
       masked(0x01, std::string(600, 'x')) + masked(0x80, std::string(600, 'x')),
       CloseCode::too_big},
      {"close of one byte", masked(0x88, "x"), CloseCode::protocol_error},
      {"close with 1005", masked(0x88, "\x03\xed"), CloseCode::protocol_error},
      {"close with a bad reason", masked(0x88, "\x03\xe8\xff"), CloseCode::bad_payload},
      {"length in a long form", std::string("\x81\xfe\x00\x01", 4) + "abcdx",
       CloseCode::protocol_error},
      {"length above 2^63", std::string("\x81\xff\xff\0\0\0\0\0\0\0", 10),
       CloseCode::protocol_error},
  };
  for (const Row& row : rows) {
    const auto heard = hear(row.bytes, 10'000);
    ASSERT_FALSE(heard.empty()) << row.what;
    EXPECT_EQ(heard.back().kind, Kind::broken) << row.what;
    EXPECT_EQ(heard.back().code, row.code) << row.what;
  }
}

TEST(WebSocketFrame, PrintsLengthsInTheirShortestForm) {
  std::string out;
  put_text_frame(out, "hello");
  EXPECT_EQ(out, "\x81\x05hello");
  out.clear();
  put_text_frame(out, std::string(126, 'x'));
  EXPECT_EQ(out.substr(0, 4), std::string("\x81\x7e\x00\x7e", 4));
  out.clear();
  put_text_frame(out, std::string(65'536, 'x'));
  EXPECT_EQ(out.substr(0, 10), std::string("\x81\x7f\0\0\0\0\0\x01\0\0", 10));
  out.clear();
  put_close_frame(out, CloseCode::policy_error, std::string(122, 'x') + "\xc3\xa4");
  EXPECT_EQ(out.size(), 2u + 2 + 122) << "a character is not cut in two";
}

TEST(WebSocketFrame, Utf8) {
  for (const char* good : {"", "plain ascii text", "\xc3\xa4", "\xe2\x82\xac", "\xf0\x9f\x90\x9d",
                           "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf"})
    EXPECT_TRUE(is_utf8(good)) << good;
  for (const char* bad :
       {"\x80", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
        "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xc3", "12345678\xe2\x82"})
    EXPECT_FALSE(is_utf8(bad)) << bad;
}

}  // namespace
}  // namespace skep::net
