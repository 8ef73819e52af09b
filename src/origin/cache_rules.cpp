#include "origin/cache_rules.hpp"

#include <algorithm>

#include "site/site_map.hpp"
#include "torrent/metainfo.hpp"

namespace skep::origin {

std::string_view cache_control_for(std::span<const CacheRule> rules, std::string_view path) {
  for (const CacheRule& rule : rules)
    for (const site::Glob& glob : rule.paths)
      if (glob.matches(path)) return rule.control;
  return {};
}

bool is_cache_control(std::string_view value) {
  const auto printable = [](char c) { return c >= ' ' && c <= '~'; };
  return !value.empty() && value.size() <= site::kHeaderValueMax && value.front() != ' ' &&
         value.back() != ' ' && std::all_of(value.begin(), value.end(), printable);
}

base::Result<std::map<std::string, std::string, std::less<>>> read_cache_values(
    base::ByteView torrent) {
  SKEP_TRY(const auto metainfo, torrent::parse_metainfo(torrent));
  SKEP_TRY(const auto map, site::parse_site_map(metainfo.info));
  std::map<std::string, std::string, std::less<>> out;
  for (std::size_t i = 0; i < map.file_count(); ++i) {
    const auto& headers = map.headers_of(base::FileIndex(static_cast<std::uint32_t>(i)));
    if (headers.cache.empty()) continue;
    out.emplace(site::url_of(metainfo.info.files[i].path, headers), headers.cache);
  }
  return out;
}

}  // namespace skep::origin
