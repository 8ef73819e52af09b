/// top_files.hpp: which files are asked for most, in bounded memory.
/// CONTRACT  the space-saving algorithm (Metwally, Agrawal, El Abbadi 2005): a file that is not yet
///           counted takes the place of the one with the fewest requests and inherits its count as
///           `error`, so a count is never too low, and at most `error` too high. Every file with
///           more than 1/kFilesCounted of all requests is in the table.
/// LIMITS    kFilesCounted entries, kCountedPathMax bytes of each path
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace skep::origin {

/// Ten times what a person reads in a table; 256 counters are scanned in under a microsecond.
inline constexpr std::size_t kFilesCounted = 256;
/// Longer paths are cut, and counted under what is left of them.
inline constexpr std::size_t kCountedPathMax = 256;

struct FileCount {
  std::string path;
  std::uint64_t requests = 0;
  std::uint64_t error = 0;  ///< requests that may belong to files that were pushed out
  std::uint64_t bytes = 0;  ///< of this path only, since it entered the table
};

class TopFiles {
 public:
  void add(std::string_view path, std::uint64_t bytes);
  /// The `count` most requested, most first.
  std::vector<FileCount> top(std::size_t count) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::size_t place_of(std::string_view path);

  std::vector<FileCount> files_;
  std::vector<std::uint64_t> requests_;  ///< beside files_, so that the least is found quickly
  std::unordered_map<std::string, std::size_t, Hash, std::equal_to<>> index_;
};

}  // namespace skep::origin
