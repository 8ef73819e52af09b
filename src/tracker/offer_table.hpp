/// offer_table.hpp: offers that were relayed and may be answered.
/// CONTRACT  an answer is relayed only when exactly this offer went to exactly this peer over the
///           connection that answers, and once. Entries expire; all live equally long.
/// WHY       without it anybody could send text to anybody by calling it an answer.
/// LIMITS    Config: offers_outstanding_max, offer_expiry.
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
  bool add(const OfferKey& key, ConnectionId from, ConnectionId to, base::Instant now);

  /// The connection that `key` was offered from, if it is out and was relayed to `answering`.
  /// The offer is used up.
  std::optional<ConnectionId> take(const OfferKey& key, ConnectionId answering);

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
  };
  const Config& config_;
  std::map<OfferKey, Entry> offers_;
  std::list<Age> by_age_;  // oldest first
};

}  // namespace skep::tracker
