#include "base/sort.hpp"

namespace skep::base {
namespace {

/// Moves one item down a heap of `count` until its children are not above it.
void sink(const Sortable& items, std::size_t at, std::size_t count) {
  for (std::size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
    if (child + 1 < count && items.is_less(items, child, child + 1)) ++child;
    if (!items.is_less(items, at, child)) return;
    items.swap(items, at, child);
    at = child;
  }
}

}  // namespace

void sort(const Sortable& items, std::size_t count) {
  for (std::size_t at = count / 2; at-- > 0;) sink(items, at, count);
  while (count > 1) {
    --count;
    items.swap(items, 0, count);
    sink(items, 0, count);
  }
}

}  // namespace skep::base
