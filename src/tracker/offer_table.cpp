#include "tracker/offer_table.hpp"

namespace skep::tracker {

bool OfferTable::add(const OfferKey& key, ConnectionId from, ConnectionId to, base::Instant now) {
  if (offers_.size() >= config_.offers_outstanding_max) return false;
  const auto [place, added] = offers_.try_emplace(key);
  if (!added) return false;
  const auto order = by_age_.insert(by_age_.end(), {key, now + config_.offer_expiry});
  place->second = {from, to, order};
  return true;
}

std::optional<ConnectionId> OfferTable::take(const OfferKey& key, ConnectionId answering) {
  const auto place = offers_.find(key);
  if (place == offers_.end() || place->second.to != answering) return std::nullopt;
  const ConnectionId from = place->second.from;
  by_age_.erase(place->second.order);
  offers_.erase(place);
  return from;
}

void OfferTable::expire(base::Instant now) {
  while (!by_age_.empty() && now >= next_expiry()) {
    offers_.erase(by_age_.front().key);
    by_age_.pop_front();
  }
}

base::Instant OfferTable::next_expiry() const {
  return by_age_.empty() ? base::kNever : by_age_.front().expires;
}

}  // namespace skep::tracker
