/// config.hpp: what can be tuned in a tracker, with units, defaults and the reason for each.
/// CONTRACT  plain values, fixed for the life of a tracker.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/time.hpp"

namespace skep::tracker {

/// `burst` at once, then `per_s` each second. Integers only: a tracker replays exactly.
struct Rate {
  std::uint64_t burst = 0;
  std::uint64_t per_s = 0;
};

struct Config {
  std::uint64_t seed = 1;  ///< of every random choice; the host draws it

  /// How often clients announce. The stock WebSocket tracker says two minutes.
  std::uint32_t interval_s = 120;
  /// Silent for two intervals and a half: the page is gone, though its socket may linger.
  base::Duration peer_expiry = base::seconds(300);
  /// Stock clients drop an offer that has no answer after 50 s.
  base::Duration offer_expiry = base::seconds(60);

  /// Candidates follow an answer for so long: browsers give ICE 15 to 30 s, gathering takes less.
  base::Duration candidate_expiry = base::seconds(15);
  /// Messages with candidates for one offer, of both sides together: a client sends what it has
  /// gathered, not each by itself.
  std::uint32_t candidates_per_offer_max = 16;

  // What all strangers together can make us keep. A peer is about 300 bytes, a connection 400.
  std::size_t connections_max = 50'000;
  std::size_t swarms_max = 10'000;
  std::size_t peers_max = 100'000;
  std::size_t peers_per_swarm_max = 50'000;
  std::size_t offers_outstanding_max = 200'000;
  /// (swarm, peer id) pairs on one connection: stock clients share a socket between torrents.
  std::size_t memberships_per_connection_max = 64;

  // What one connection may do. A page that starts announces once and dials two dozen peers; a
  // stock client with many torrents announces each with five offers.
  Rate messages = {200, 20};
  Rate bytes = {1024 * 1024, 64 * 1024};
  Rate offers = {120, 12};
  /// Offers relayed *to* one connection: Chrome makes about 500 RTCPeerConnections in a tab's life,
  /// so that nobody may spend another's.
  Rate offers_received = {60, 6};
};

}  // namespace skep::tracker
