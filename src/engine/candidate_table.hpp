/// candidate_table.hpp: peers we might connect to, and peers we never will again.
/// CONTRACT  owned by Core. A candidate stays while it is dialled, connected or worth another try.
/// LIMITS    kCandidatesMax for each torrent, kBansMax in all (the oldest ban is forgotten first).
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <vector>

#include "engine/io.hpp"

namespace skep::engine {

inline constexpr std::size_t kCandidatesMax = 200;
inline constexpr std::size_t kBansMax = 1000;
/// A candidate that failed that often is dropped; the tracker may name it again.
inline constexpr std::uint32_t kDialFailuresMax = 3;
/// After the first failure; doubles with each.
inline constexpr base::Duration kDialBackOff = base::seconds(15);
/// Offers being made at a time: each costs the page one RTCPeerConnection.
inline constexpr std::size_t kDialsAtOnceMax = 6;

struct Candidate {
  crypto::PeerId id;
  std::uint32_t failures = 0;
  base::Instant not_before;
  DialId dial;               ///< being dialled now; 0: not
  base::Instant give_up_at;  ///< of that dial
};

class CandidateTable {
 public:
  using List = std::vector<Candidate>;  ///< as the tracker ordered them

  List& of(TorrentId torrent) { return lists_[torrent]; }
  void forget(TorrentId torrent) { lists_.erase(torrent); }
  /// Adds one unless it is known, banned, or there are too many.
  void add(TorrentId torrent, const crypto::PeerId& id);
  void remove(TorrentId torrent, const crypto::PeerId& id);
  /// The candidate of a dial, and its torrent's list; null when the dial is over.
  Candidate* find(DialId dial);
  /// Dials under way, for one torrent or all.
  std::size_t dialling(TorrentId torrent) const;
  std::size_t dialling() const;
  DialId next_dial() { return DialId{++last_dial_}; }
  /// A dial of this candidate failed: back off, or drop it.
  void failed(base::Instant now, DialId dial);

  void ban(const crypto::PeerId& id);
  bool banned(const crypto::PeerId& id) const {
    return std::find(bans_.begin(), bans_.end(), id) != bans_.end();
  }
  std::size_t bans() const { return bans_.size(); }
  std::size_t size() const;
  const std::map<TorrentId, List>& all() const { return lists_; }

 private:
  std::map<TorrentId, List> lists_;
  std::vector<crypto::PeerId> bans_;  ///< oldest first
  std::uint32_t last_dial_ = 0;
};

}  // namespace skep::engine
