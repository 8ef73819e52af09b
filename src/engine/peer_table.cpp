#include "engine/peer_table.hpp"

#include <utility>

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
Peer& PeerTable::add(Peer peer) {
  const LinkId link = peer.link;
  SKEP_ASSERT(!peers_.contains(link));
  return peers_.emplace(link, std::move(peer)).first->second;
}

}  // namespace skep::engine
