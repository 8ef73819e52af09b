/// swarm_registry.hpp: who is in which swarm, over which connection, and since when.
/// CONTRACT  a peer is (swarm, peer id); it belongs to the connection that announced it first,
///           until that one closes, stops it, or it expires. Only allowed swarms exist. Members
///           keep an order that depends on nothing but the calls made, so that a run can be
///           replayed.
/// WHY       one connection owns a peer id: whoever learns a peer id from an offer must not be able
///           to take over what is sent to it.
/// LIMITS    Config: swarms_max, peers_max, peers_per_swarm_max.
#pragma once

#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "base/time.hpp"
#include "crypto/digest.hpp"
#include "tracker/config.hpp"
#include "tracker/io.hpp"
#include "tracker/network.hpp"

namespace skep::tracker {

/// One peer of one swarm.
struct PeerKey {
  crypto::ShortHash info_hash;
  crypto::PeerId peer_id;
  friend auto operator<=>(const PeerKey&, const PeerKey&) = default;
};

/// When a member announced last.
struct LastAnnounce {
  PeerKey key;
  base::Instant at;
};

struct Member {
  crypto::PeerId peer_id;
  ConnectionId connection;
  bool complete = false;  ///< seeding
  bool skep = false;      ///< one of ours
  Network network;        ///< where its connection comes from
  base::Instant joined;
  std::uint64_t uploaded = 0;               ///< as it reported last
  std::uint64_t downloaded = 0;             ///< likewise, from peers
  base::Instant reported;                   ///< when
  std::list<LastAnnounce>::iterator order;  ///< in the registry's list
};

/// A peer's own totals of bytes exchanged with peers.
struct Reported {
  std::uint64_t uploaded = 0;
  std::uint64_t downloaded = 0;
};

struct Swarm {
  std::vector<Member> members;  ///< no particular order, but a reproducible one
  std::map<crypto::PeerId, std::uint32_t> index;
  std::uint32_t complete = 0;
  std::uint64_t downloaded = 0;           ///< times, completely
  std::uint64_t reported_uploaded = 0;    ///< bytes that its peers say they gave each other
  std::uint64_t reported_downloaded = 0;  ///< and got

  std::uint32_t incomplete() const { return static_cast<std::uint32_t>(members.size()) - complete; }
  /// Valid until a member joins or leaves; null when it is not here.
  const Member* find(const crypto::PeerId& peer_id) const;
};

class SwarmRegistry {
 public:
  explicit SwarmRegistry(const Config& config) : config_(config) {}

  /// Replaces the set of swarms served here; others go, with their members.
  /// Beyond swarms_max the highest hashes are left out.
  void allow(std::vector<crypto::ShortHash> info_hashes);

  /// Null when it is not served here. Valid until allow().
  const Swarm* find(const crypto::ShortHash& info_hash) const;
  /// Null unless that peer is in that swarm. Valid until any member joins or leaves.
  const Member* find(const PeerKey& key) const;
  const std::map<crypto::ShortHash, Swarm>& swarms() const { return swarms_; }
  std::size_t peer_count() const { return by_age_.size(); }

  enum class Joined : std::uint8_t { yes, already, other_connection, swarm_full, tracker_full };
  /// Makes the peer a member, owned by `connection`; `already` refreshes it. `reported` is what it
  /// says about its traffic. REQUIRES that the swarm is served here.
  Joined join(const PeerKey& key, ConnectionId connection, base::Instant now,
              const Reported& reported = {});
  /// Counts what a member reports. RETURNS what was added to its swarm.
  Reported report(const PeerKey& key, base::Instant now, const Reported& totals);

  /// Changes of a member. REQUIRES that it is one.
  void set_complete(const PeerKey& key, bool complete);
  void set_skep(const PeerKey& key);
  void set_network(const PeerKey& key, const Network& network);
  void count_download(const crypto::ShortHash& info_hash);

  /// Returns whether it was a member.
  bool leave(const PeerKey& key);

  /// Removes one member whose last announce is peer_expiry ago, with the connection it had.
  struct Expired {
    PeerKey key;
    ConnectionId connection;
  };
  std::optional<Expired> expire_one(base::Instant now);
  /// When expire_one() has something to do; kNever when there are no members.
  base::Instant next_expiry() const;

 private:
  struct Place {
    Swarm& swarm;
    Member& member;
  };
  /// REQUIRES that it is one.
  Place place_of(const PeerKey& key);

  const Config& config_;
  std::map<crypto::ShortHash, Swarm> swarms_;  // exactly the allowed ones
  std::list<LastAnnounce> by_age_;             // every member, longest silent first
};

}  // namespace skep::tracker
