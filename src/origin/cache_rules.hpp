/// cache_rules.hpp: what a site's author says about caching its shareable files: Cache-Control by
///                  path, from skep.toml into the site map, and from there into answers.
/// CONTRACT  the first rule that matches a path decides. The site map carries the values, so that
///           every host of the publication can know them; `skep serve` sends them.
/// SPEC      docs/formats/labels.md ("Caching"); RFC 9111 section 5.2
/// LIMITS    site::kHeaderValueMax bytes a value, site::kClassesMax different ones with media types
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "site/glob.hpp"

namespace skep::origin {

struct CacheRule {
  std::vector<site::Glob> paths;
  std::string control;
};

/// The value for `path`; empty when no rule names it.
std::string_view cache_control_for(std::span<const CacheRule> rules, std::string_view path);

/// True for 1 to kHeaderValueMax printable ASCII characters without space around.
bool is_cache_control(std::string_view value);

/// Path → Cache-Control of a .torrent's site map, of those files that have one.
/// ERRORS those of parse_metainfo and parse_site_map.
base::Result<std::map<std::string, std::string, std::less<>>> read_cache_values(
    base::ByteView torrent);

}  // namespace skep::origin
