/// bytes.hpp: views and buffers of octets, and integers inside of them.
/// CONTRACT  a ByteView never owns; who returns one says how long it lives. Loads and stores take
///           exactly as many bytes as the integer has; bounds are the caller's (see cursor.hpp).
#pragma once

#include <array>
#include <bit>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace skep::base {

using Byte = std::uint8_t;
using Bytes = std::vector<Byte>;
using ByteView = std::span<const Byte>;
using ByteSpan = std::span<Byte>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const Byte*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline Bytes to_bytes(ByteView bytes) { return {bytes.begin(), bytes.end()}; }
inline void append(Bytes& to, ByteView bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }
inline void append(Bytes& to, std::string_view text) { append(to, as_bytes(text)); }

/// True when both have the same length and octets.
bool equal(ByteView a, ByteView b);
/// Orders as raw bytes: the first octet that differs decides, then the length.
std::strong_ordering compare(ByteView a, ByteView b);

/// The integer with its octets in the opposite order.
template <class Int>
Int reversed(Int value) {
  if constexpr (sizeof(Int) == 8) return __builtin_bswap64(value);
  if constexpr (sizeof(Int) == 4) return __builtin_bswap32(value);
  if constexpr (sizeof(Int) == 2) return __builtin_bswap16(value);
  return value;
}
/// Big-endian (network order) unsigned integers: BitTorrent's messages.
template <class Int>
Int load_be(const Byte* from) {
  Int value = 0;
  std::memcpy(&value, from, sizeof(Int));
  return std::endian::native == std::endian::big ? value : reversed(value);
}
template <class Int>
void store_be(Byte* to, Int value) {
  if constexpr (std::endian::native != std::endian::big) value = reversed(value);
  std::memcpy(to, &value, sizeof(Int));
}
/// Little-endian unsigned integers: our frames (wasm is little-endian).
template <class Int>
Int load_le(const Byte* from) {
  Int value = 0;
  std::memcpy(&value, from, sizeof(Int));
  return std::endian::native == std::endian::little ? value : reversed(value);
}
template <class Int>
void store_le(Byte* to, Int value) {
  if constexpr (std::endian::native != std::endian::little) value = reversed(value);
  std::memcpy(to, &value, sizeof(Int));
}

}  // namespace skep::base
