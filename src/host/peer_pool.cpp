#include "host/peer_pool.hpp"

#include <algorithm>

namespace skep::host {
namespace {

/// First pause, doubled each time up to 2^kDoublings.
constexpr base::Duration kPause = base::seconds(1);
constexpr unsigned kDoublings = 5;

}  // namespace

PeerPool::PeerPool(const std::vector<PeerAddress>& addresses) {
  for (const PeerAddress& address : addresses)
    if (std::ranges::find(peers_, address, &Peer::address) == peers_.end())
      peers_.push_back({address, false, false, 0, {}});
}

std::optional<std::size_t> PeerPool::next(base::Instant now) {
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    Peer& peer = peers_[i];
    if (peer.busy || peer.hopeless || now < peer.not_before) continue;
    peer.busy = true;
    return i;
  }
  return std::nullopt;
}

void PeerPool::closed(base::Instant now, std::size_t index, LinkEnd end) {
  Peer& peer = peers_[index];
  peer.busy = false;
  peer.hopeless = end == LinkEnd::hopeless;
  if (end != LinkEnd::failed) return;
  peer.not_before = now + kPause * (std::int64_t{1} << std::min(peer.failures, kDoublings));
  ++peer.failures;
}

bool PeerPool::exhausted() const {
  return std::ranges::all_of(peers_, [](const Peer& p) { return p.hopeless; });
}

}  // namespace skep::host
