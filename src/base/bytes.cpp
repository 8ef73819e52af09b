#include "base/bytes.hpp"

#include <algorithm>

namespace skep::base {

bool equal(ByteView a, ByteView b) { return std::equal(a.begin(), a.end(), b.begin(), b.end()); }

std::strong_ordering compare(ByteView a, ByteView b) {
  return std::lexicographical_compare_three_way(a.begin(), a.end(), b.begin(), b.end());
}

}  // namespace skep::base
