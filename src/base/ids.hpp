/// ids.hpp: integers that cannot be mixed up.
/// CONTRACT  a StrongId is ordered and comparable with its own kind only; `.value` is the integer.
/// WHY       pieces, blocks, files, links and requests are all small integers; mixing two of them
///           up compiles silently without this.
#pragma once

#include <compare>
#include <cstdint>

namespace skep::base {

template <class Tag, class Int = std::uint32_t>
struct StrongId {
  using value_type = Int;
  Int value = 0;

  constexpr StrongId() = default;
  constexpr explicit StrongId(Int v) : value(v) {}
  constexpr auto operator<=>(const StrongId&) const = default;
  constexpr bool operator<(const StrongId& b) const { return value < b.value; }  // one instruction
  constexpr StrongId& operator++() {
    ++value;
    return *this;
  }
};

using TorrentId = StrongId<struct TorrentTag>;  ///< one bundle known to an engine; host-chosen
using FileIndex = StrongId<struct FileTag>;     ///< a file, in file-tree order, from 0
using PieceIndex = StrongId<struct PieceTag>;   ///< a piece *of one file*, from 0 in that file
using BlockIndex =
    StrongId<struct BlockTag>;              ///< a 16 KiB block *of one file*, from 0 in that file
using LinkId = StrongId<struct LinkTag>;    ///< one reliable ordered link to one peer
using FetchId = StrongId<struct FetchTag>;  ///< one read asked for by the page
using HttpId = StrongId<struct HttpTag>;    ///< one HTTP request made for the engine
using LoadId = StrongId<struct LoadTag>;    ///< one piece being read from the store
using DialId = StrongId<struct DialTag>;    ///< one attempt to connect to a candidate

}  // namespace skep::base
