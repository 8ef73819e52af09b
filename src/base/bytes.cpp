#include "base/bytes.hpp"

#include <algorithm>

namespace skep::base {

bool equal(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

}  // namespace skep::base
