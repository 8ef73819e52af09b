// Whatever parses names a torrent within the limits, and reads back from its own spelling.
#include "base/assert.hpp"
#include "torrent/magnet.hpp"
#include "torrent/metainfo.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep;
  const auto magnet = torrent::parse_magnet(base::as_text(base::ByteView(data, size)));
  if (!magnet.has_value()) return 0;
  SKEP_ASSERT(magnet->v1 || magnet->v2);
  SKEP_ASSERT(magnet->trackers.size() <= torrent::kUrlsMax);
  SKEP_ASSERT(magnet->peers.size() <= torrent::kUrlsMax);
  for (const std::string& peer : magnet->peers) {
    const auto address = torrent::parse_peer_address(peer);
    SKEP_ASSERT(address.has_value());
    const auto same = torrent::parse_peer_address(torrent::print_peer_address(*address));
    SKEP_ASSERT(same.has_value() && *same == *address);
  }
  const std::string text = torrent::print_magnet(*magnet);
  const auto again = torrent::parse_magnet(text);
  SKEP_ASSERT(text.size() > torrent::kMagnetSizeMax || (again.has_value() && *again == *magnet));
  return 0;
}
