/// web_seed.hpp: the site's torrents as BEP 19 asks for them: every file below the torrent's name.
/// CONTRACT  pure. A web seed's URL is the site's base; clients append the torrent's name and a
///           file's path. Files that the site itself has under such a URL win (publish refuses
///           names for which that could happen). Pad files of hybrids are made up: zeros.
/// SPEC      BEP 19 "url-list"; BEP 47 (".pad/N"); docs/serve.md
/// LIMITS    a pad file is shorter than a piece: base::kPieceLengthMax.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "origin/http_plan.hpp"

namespace skep::origin {

/// A torrent of the site, as much of it as a URL can ask for.
struct SeededTorrent {
  std::string name;
  std::uint32_t piece_length = 0;
};

class WebSeed {
 public:
  void set(std::vector<SeededTorrent> torrents) { torrents_ = std::move(torrents); }
  /// The site's own path for "<name>/<path>". (A torrent of one file that bears its name needs
  /// nothing: "<name>" is the site's own path.)
  std::optional<std::string> path_of(std::string_view path) const;
  /// The size of the pad file that `path` names.
  std::optional<std::uint32_t> padding_of(std::string_view path) const;

 private:
  std::vector<SeededTorrent> torrents_;
};

/// `size` zeros, or the range of them that was asked for.
HttpPlan padding_plan(const net::HttpRequest& request, std::uint32_t size);

}  // namespace skep::origin
