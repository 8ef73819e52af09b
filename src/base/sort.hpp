/// sort.hpp: sorting in little code.
/// CONTRACT  heap sort: n log n at worst, in place, not stable: `less` must be a total order, so
///           that every compiler gives the same result.
/// WHY       std::sort costs about 2 KB of wasm for each type it sorts, and a page downloads the
///           engine.
#pragma once

#include <functional>
#include <span>
#include <utility>
#include <vector>

namespace skep::base {

/// The items of any type, as the sorter sees them.
struct Sortable {
  void* items;
  void* less;
  bool (*is_less)(const Sortable&, std::size_t a, std::size_t b);
  void (*swap)(const Sortable&, std::size_t a, std::size_t b);
};
/// Sorts `count` items.
void sort(const Sortable& items, std::size_t count);

/// Sorts `items` ascending by `less`.
template <class T, class Less = std::less<>>
void sort(std::span<T> items, Less less = {}) {
  sort({.items = items.data(),
        .less = &less,
        .is_less = [](const Sortable& all, std::size_t a, std::size_t b) -> bool {
          const T* at = static_cast<T*>(all.items);
          return (*static_cast<Less*>(all.less))(at[a], at[b]);
        },
        .swap =
            [](const Sortable& all, std::size_t a, std::size_t b) {
              T* at = static_cast<T*>(all.items);
              std::swap(at[a], at[b]);
            }},
       items.size());
}
template <class T, class Less = std::less<>>
void sort(std::vector<T>& items, Less less = {}) {
  sort(std::span<T>(items), less);
}

}  // namespace skep::base
