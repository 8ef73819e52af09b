/// bitfield.hpp: which of N things are there, in BitTorrent's bit order (BEP 3 "bitfield").
/// CONTRACT  bit 0 is the highest bit of the first byte; spare bits at the end stay zero.
#pragma once

#include <cstddef>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace skep::base {

class Bitfield {
 public:
  Bitfield() = default;
  explicit Bitfield(std::size_t size) : size_(size), bytes_((size + 7) / 8, 0) {}

  /// Reads a peer's bitfield of exactly `size` bits.
  /// ERRORS bad_value (wrong length, or spare bits set).
  static Result<Bitfield> decode(ByteView raw, std::size_t size);

  std::size_t size() const { return size_; }
  std::size_t count() const { return count_; }
  bool all() const { return count_ == size_; }
  bool none() const { return count_ == 0; }
  bool test(std::size_t i) const {
    SKEP_ASSERT(i < size_);
    return (bytes_[i / 8] >> (7 - i % 8)) & 1;
  }
  /// Sets or clears bit `i`. Returns whether it changed.
  bool set(std::size_t i, bool on = true);
  void set_all();
  /// The wire form; lives until the next change.
  ByteView bytes() const { return bytes_; }

 private:
  std::size_t size_ = 0;
  std::size_t count_ = 0;
  Bytes bytes_;
};

}  // namespace skep::base
