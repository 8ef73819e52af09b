/// peer_pool.hpp: the addresses that a fetch knows, and when to dial which.
/// CONTRACT  pure. next() gives an address that is due and marks it as busy until closed().
/// LIMITS    the caller's number of addresses.
#pragma once

#include <optional>
#include <vector>

#include "base/time.hpp"
#include "host/peer_link.hpp"

namespace skep::host {

/// Why a link ended, as far as its address is concerned.
enum class LinkEnd : std::uint8_t {
  failed,    ///< no connection, or it went away: again later
  finished,  ///< all is well: again at once, when wanted
  hopeless,  ///< it lied, or has another torrent: never again
};

class PeerPool {
 public:
  explicit PeerPool(const std::vector<PeerAddress>& addresses);
  /// The index of an address to dial now.
  std::optional<std::size_t> next(base::Instant now);
  const PeerAddress& address(std::size_t index) const { return peers_[index].address; }
  void opened(std::size_t index) { peers_[index].failures = 0; }
  void closed(base::Instant now, std::size_t index, LinkEnd end);
  /// Nobody is left who could be dialled, ever.
  bool exhausted() const;

 private:
  struct Peer {
    PeerAddress address;
    bool busy = false;
    bool hopeless = false;
    unsigned failures = 0;
    base::Instant not_before;
  };
  std::vector<Peer> peers_;
};

}  // namespace skep::host
