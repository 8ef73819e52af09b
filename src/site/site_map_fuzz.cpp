// Any bytes as `skep` of a torrent with three files; what is accepted must encode to an equal map.
#include <array>
#include <cstddef>
#include <cstdint>

#include "site/site_map.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep;
  constexpr std::array<std::string_view, 3> paths = {"a.png", "docs/index.html", "z"};
  const auto document = codec::decode_bencode({data, size});
  if (!document.has_value()) return 0;
  const auto map = site::parse_site_map(document->root(), paths);
  if (!map.has_value()) return 0;
  const site::UrlIndex index(*map, paths);
  SKEP_ASSERT(index.find("z") == base::FileIndex(2));
  const base::Bytes bytes = site::encode_site_map(*map);
  const auto again = codec::decode_bencode(bytes);
  SKEP_ASSERT(again.has_value());
  const auto same = site::parse_site_map(again->root(), paths);
  SKEP_ASSERT(same.has_value() && *same == *map);
  return 0;
}
