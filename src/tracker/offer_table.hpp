/// offer_table.hpp: offers that were relayed and may be answered, or followed by candidates.
/// CONTRACT  an answer is relayed only when exactly this offer went to exactly this peer over the
///           connection that answers, and once; candidates only between these two connections.
///           Entries expire: offers offer_expiry after they were made, answered ones
///           candidate_expiry after that.
/// WHY       without it anybody could send text to anybody by calling it an answer.
/// LIMITS    Config: offers_outstanding_max, offer_expiry, candidate_expiry.
#pragma once

#include <compare>
#include <list>
#include <map>
#include <optional>

#include "base/time.hpp"
#include "tracker/config.hpp"
#include "tracker/io.hpp"

namespace skep::tracker {

struct OfferKey {
  crypto::ShortHash info_hash;
  crypto::PeerId from;
  crypto::PeerId to;
  wire::OfferId offer_id;
  friend bool operator==(const OfferKey&, const OfferKey&) = default;
  /// Offer ids first: they are random, so that one comparison nearly always decides.
  friend std::strong_ordering operator<=>(const OfferKey& a, const OfferKey& b) {
    if (const auto order = a.offer_id <=> b.offer_id; order != 0) return order;
    if (const auto order = a.to <=> b.to; order != 0) return order;
    if (const auto order = a.from <=> b.from; order != 0) return order;
    return a.info_hash <=> b.info_hash;
  }
};

class OfferTable {
 public:
  explicit OfferTable(const Config& config) : config_(config) {}

  /// Remembers an offer that is about to be relayed between these connections.
  /// Returns false, and remembers nothing, when the table is full or the same offer is out already.
  /// `candidates`: so many messages with candidates may follow it.
  bool add(const OfferKey& key, ConnectionId from, ConnectionId to, base::Instant now,
           std::uint32_t candidates);

  /// The connection that `key` was offered from, if it is out, was relayed to `answering` and has
  /// no answer yet. The offer is used up, but for candidates.
  std::optional<ConnectionId> take(const OfferKey& key, ConnectionId answering, base::Instant now);

  /// The other end of an offer that is out, or was answered a moment ago, between `speaking` and
  /// that connection, if candidates may still follow it. One message of them is used up.
  std::optional<ConnectionId> take_candidate(const OfferKey& key, ConnectionId speaking);

  void expire(base::Instant now);
  /// kNever when nothing is out.
  base::Instant next_expiry() const;
  std::size_t size() const { return offers_.size(); }

 private:
  struct Age {
    OfferKey key;
    base::Instant expires;
  };
  struct Entry {
    ConnectionId from;
    ConnectionId to;
    std::list<Age>::iterator order;
    std::uint32_t candidates = 0;
    bool answered = false;
  };
  void expire(std::list<Age>& ages, base::Instant now);

  const Config& config_;
  std::map<OfferKey, Entry> offers_;
  std::list<Age> by_age_;    // oldest first
  std::list<Age> answered_;  // likewise
};

}  // namespace skep::tracker
