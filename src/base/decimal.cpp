#include "base/decimal.hpp"

namespace skep::base {

void append_decimal(Bytes& to, std::uint64_t value) {
  std::array<Byte, 20> digits{};  // 2^64 has 20
  std::size_t at = digits.size();
  do {
    digits[--at] = static_cast<Byte>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  append(to, ByteView(digits).subspan(at));
}

}  // namespace skep::base
