/// cursor.hpp: the only way bytes are walked. A Reader refuses to run past its end, a Writer grows.
/// CONTRACT  Reader does not own; views it returns live as long as the bytes it was given. A failed
///           read leaves the position unchanged. Integer template arguments are unsigned.
#pragma once

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace skep::base {

class Reader {
 public:
  explicit Reader(ByteView bytes) : bytes_(bytes) {}

  std::size_t position() const { return at_; }
  std::size_t remaining() const { return bytes_.size() - at_; }
  bool done() const { return remaining() == 0; }

  /// The next `count` bytes. ERRORS truncated.
  Result<ByteView> take(std::size_t count) {
    if (count > remaining()) return fail(Errc::truncated, "input ends inside an item", at_);
    ByteView out = bytes_.subspan(at_, count);
    at_ += count;
    return out;
  }
  /// Everything that is left.
  ByteView rest() {
    ByteView out = bytes_.subspan(at_);
    at_ = bytes_.size();
    return out;
  }
  template <class Int>
  Result<Int> take_be() {
    SKEP_TRY(ByteView raw, take(sizeof(Int)));
    return load_be<Int>(raw.data());
  }
  template <class Int>
  Result<Int> take_le() {
    SKEP_TRY(ByteView raw, take(sizeof(Int)));
    return load_le<Int>(raw.data());
  }
  /// ERRORS trailing_bytes unless everything was read.
  Status finish() const {
    if (!done()) return fail(Errc::trailing_bytes, "bytes left after a complete item", at_);
    return ok();
  }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

class Writer {
 public:
  Writer() = default;
  explicit Writer(Bytes reuse) : bytes_(std::move(reuse)) { bytes_.clear(); }

  template <class Int>
  void put_be(Int value) {
    std::array<Byte, sizeof(Int)> raw{};
    store_be(raw.data(), value);
    put(raw);
  }
  template <class Int>
  void put_le(Int value) {
    std::array<Byte, sizeof(Int)> raw{};
    store_le(raw.data(), value);
    put(raw);
  }
  void put(ByteView bytes) { append(bytes_, bytes); }
  std::size_t size() const { return bytes_.size(); }
  ByteView view() const { return bytes_; }
  Bytes take() { return std::move(bytes_); }

 private:
  Bytes bytes_;
};

}  // namespace skep::base
