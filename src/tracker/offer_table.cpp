#include "tracker/offer_table.hpp"

#include <algorithm>

namespace skep::tracker {

bool OfferTable::add(const OfferKey& key, ConnectionId from, ConnectionId to, base::Instant now,
                     std::uint32_t candidates) {
  if (offers_.size() >= config_.offers_outstanding_max) return false;
  const auto [place, added] = offers_.try_emplace(key);
  if (!added) return false;
  const auto order = by_age_.insert(by_age_.end(), {key, now + config_.offer_expiry});
  place->second = {from, to, order, candidates};
  return true;
}

std::optional<ConnectionId> OfferTable::take(const OfferKey& key, ConnectionId answering,
                                             base::Instant now) {
  const auto place = offers_.find(key);
  if (place == offers_.end()) return std::nullopt;
  Entry& entry = place->second;
  if (entry.to != answering || entry.answered) return std::nullopt;
  const ConnectionId from = entry.from;
  if (entry.candidates > 0) {
    entry.answered = true;
    entry.order->expires = now + config_.candidate_expiry;
    answered_.splice(answered_.end(), by_age_, entry.order);
  } else {
    by_age_.erase(entry.order);
    offers_.erase(place);
  }
  return from;
}

std::optional<ConnectionId> OfferTable::take_candidate(const OfferKey& key, ConnectionId speaking) {
  const auto place = offers_.find(key);
  if (place == offers_.end() || place->second.candidates == 0) return std::nullopt;
  Entry& entry = place->second;
  if (speaking != entry.from && speaking != entry.to) return std::nullopt;
  --entry.candidates;
  return speaking == entry.from ? entry.to : entry.from;
}

void OfferTable::expire(base::Instant now) {
  expire(by_age_, now);
  expire(answered_, now);
}

void OfferTable::expire(std::list<Age>& ages, base::Instant now) {
  while (!ages.empty() && now >= ages.front().expires) {
    offers_.erase(ages.front().key);
    ages.pop_front();
  }
}

base::Instant OfferTable::next_expiry() const {
  const auto first = [](const std::list<Age>& ages) {
    return ages.empty() ? base::kNever : ages.front().expires;
  };
  return std::min(first(by_age_), first(answered_));
}

}  // namespace skep::tracker
