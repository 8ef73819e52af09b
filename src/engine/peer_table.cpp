#include "engine/peer_table.hpp"

#include "base/assert.hpp"

namespace skep::engine {

Peer* PeerTable::find(LinkId link) {
  const auto at = peers_.find(link);
  return at == peers_.end() ? nullptr : &at->second;
}
Peer* PeerTable::find(TorrentId torrent, const crypto::PeerId& id) {
  for (auto& [link, peer] : peers_)
    if (peer.torrent == torrent && peer.id == id) return &peer;
  return nullptr;
}
Peer& PeerTable::add(LinkId link) {
  const auto [at, added] = peers_.try_emplace(link);
  SKEP_ASSERT(added);
  at->second.link = link;
  return at->second;
}

}  // namespace skep::engine
