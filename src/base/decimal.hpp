/// decimal.hpp: numbers as text.
#pragma once

#include "base/bytes.hpp"

namespace skep::base {

/// Appends the digits of `value`, without leading zeros.
void append_decimal(Bytes& to, std::uint64_t value);

}  // namespace skep::base
