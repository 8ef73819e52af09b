#include "codec/hex.hpp"

namespace skep::codec {

using base::Byte;
using base::Bytes;
using base::Errc;

namespace {

constexpr std::string_view kDigits = "0123456789abcdef";

/// The digit's value, or -1.
int value_of(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

}  // namespace

std::string encode_hex(base::ByteView bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const Byte octet : bytes) {
    text.push_back(kDigits[octet >> 4]);
    text.push_back(kDigits[octet & 15]);
  }
  return text;
}

base::Result<Bytes> decode_hex(std::string_view text) {
  if (text.size() % 2 != 0) return base::fail(Errc::truncated, "half an octet of hex", text.size());
  Bytes bytes(text.size() / 2);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int digit = value_of(text[i]);
    if (digit < 0) return base::fail(Errc::bad_syntax, "not a hex digit", i);
    bytes[i / 2] = static_cast<Byte>(bytes[i / 2] * 16 + digit);
  }
  return bytes;
}

}  // namespace skep::codec
