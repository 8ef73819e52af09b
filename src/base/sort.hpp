/// sort.hpp: sorting in little code.
/// CONTRACT  heap sort: n log n at worst, in place, not stable: `less` must be a total order, so
/// that
///           every compiler gives the same result.
/// WHY       std::sort costs about 2 KB of wasm for each type it sorts, and a page downloads the
/// engine.
#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace skep::base {

/// Sorts `items` ascending by `less`.
template <class T, class Less = std::less<>>
void sort(std::span<T> items, Less less = {}) {
  const auto sink = [&](std::size_t at, std::size_t count) {
    for (std::size_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && less(items[child], items[child + 1])) ++child;
      if (!less(items[at], items[child])) return;
      std::swap(items[at], items[child]);
      at = child;
    }
  };
  for (std::size_t at = items.size() / 2; at-- > 0;) sink(at, items.size());
  for (std::size_t count = items.size(); count > 1;) {
    --count;
    std::swap(items[0], items[count]);
    sink(0, count);
  }
}
template <class T, class Less = std::less<>>
void sort(std::vector<T>& items, Less less = {}) {
  sort(std::span<T>(items), less);
}

}  // namespace skep::base
