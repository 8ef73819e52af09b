#include "base/bitfield.hpp"

#include <bit>

namespace skep::base {

Result<Bitfield> Bitfield::decode(ByteView raw, std::size_t size) {
  Bitfield out(size);
  if (raw.size() != out.bytes_.size()) return fail(Errc::bad_value, "bitfield of a wrong length");
  if (size % 8 != 0 && (raw.back() & (0xff >> (size % 8))) != 0)
    return fail(Errc::bad_value, "spare bits of a bitfield are set", raw.size() - 1);
  for (std::size_t i = 0; i < raw.size(); ++i) {
    out.bytes_[i] = raw[i];
    out.count_ += static_cast<std::size_t>(std::popcount(raw[i]));
  }
  return out;
}

bool Bitfield::set(std::size_t i, bool on) {
  if (test(i) == on) return false;
  const auto mask = static_cast<Byte>(1U << (7 - i % 8));
  if (on) {
    bytes_[i / 8] = static_cast<Byte>(bytes_[i / 8] | mask);
    ++count_;
  } else {
    bytes_[i / 8] = static_cast<Byte>(bytes_[i / 8] & ~mask);
    --count_;
  }
  return true;
}

void Bitfield::set_all() {
  for (std::size_t i = 0; i < size_; ++i) set(i);
}

}  // namespace skep::base
