// relay.cpp: the part of the tracker that sends: replies, and what one peer says to another.
#include <algorithm>

#include "base/assert.hpp"
#include "tracker/matchmaker.hpp"
#include "tracker/tracker.hpp"

namespace skep::tracker {

void Tracker::reply(Place from, const wire::AnnounceRequest& request, bool wants_candidates) {
  const Swarm* swarm = registry_.find(request.info_hash);
  wire::AnnounceReply out;
  out.info_hash = request.info_hash;
  out.interval_s = config_.interval_s;
  out.complete = swarm->complete;
  out.incomplete = swarm->incomplete();
  if (wants_candidates) {
    const Member* asker = swarm->find(request.peer_id);
    SKEP_ASSERT(asker != nullptr);
    const std::size_t want =
        std::min<std::size_t>(*request.candidates_wanted, wire::kCandidatesMax);
    out.candidates.emplace();
    for (const std::uint32_t i : choose_candidates(swarm->members, *asker, want, rng_))
      out.candidates->push_back({swarm->members[i].peer_id, swarm->members[i].complete});
  }
  send(from->first, std::move(out));
}

// Stock offers: each goes to another random peer. Who cannot take one now is skipped.
void Tracker::relay_offers(Place from, wire::AnnounceRequest&& request) {
  const PeerKey key{request.info_hash, request.peer_id};
  const std::size_t want = std::min(
      {request.offers.size(), wire::kOffersMax, std::size_t{request.numwant.value_or(UINT32_MAX)}});
  if (want == 0) return;
  const Swarm* swarm = registry_.find(key.info_hash);
  // A few in reserve, in place of those whose quota is used up.
  const auto chosen = choose_for_offers(swarm->members, key.peer_id, want * 2, rng_);
  std::size_t next = 0;
  for (const std::uint32_t i : chosen) {
    if (next == want) break;
    if (!relay_offer(from, key, swarm->members[i], std::move(request.offers[next]))) continue;
    ++next;
  }
}

// Sends an offer on, if the quotas of both sides allow it. `offer` is used only if it was sent.
bool Tracker::relay_offer(Place from, const PeerKey& key, const Member& to, wire::Offer&& offer,
                          std::uint32_t candidates) {
  const Place target = connections_.find(to.connection);
  SKEP_ASSERT(target != connections_.end());
  Quota& sender = from->second.quota;
  Quota& receiver = target->second.quota;
  if (sender.offers.available(now_) == 0 || receiver.offers_received.available(now_) == 0)
    return false;
  const OfferKey offered{key.info_hash, key.peer_id, to.peer_id, offer.id};
  if (!offers_.add(offered, from->first, to.connection, now_, candidates)) return false;
  const bool taken = sender.offers.take(now_, 1) && receiver.offers_received.take(now_, 1);
  SKEP_ASSERT(taken);
  ++totals_.offers_relayed;
  send(to.connection, wire::OfferPush{key.info_hash, key.peer_id, std::move(offer)});
  return true;
}

void Tracker::answer(Place from, wire::TargetedOffer&& request) {
  const PeerKey key{request.info_hash, request.peer_id};
  if (!speaks_for(from, key))
    return refuse(from, request.info_hash, "announce this peer id here before it offers");
  const Member* to = registry_.find(PeerKey{request.info_hash, request.to_peer_id});
  const wire::OfferId offer_id = request.offer.id;
  if (to != nullptr && request.to_peer_id != request.peer_id &&
      relay_offer(from, key, *to, std::move(request.offer), config_.candidates_per_offer_max))
    return;
  send(from->first, wire::GonePush{request.info_hash, request.to_peer_id, offer_id});
}

void Tracker::answer(Place from, wire::AnswerRequest&& request) {
  const PeerKey key{request.info_hash, request.peer_id};
  if (!speaks_for(from, key))
    return refuse(from, request.info_hash, "announce this peer id here before it answers");
  const OfferKey offered{request.info_hash, request.to_peer_id, request.peer_id, request.offer_id};
  const auto offerer = offers_.take(offered, from->first, now_);
  // Late answers are normal: the offer expired, or its maker left. Nobody is told.
  const Member* to = registry_.find(PeerKey{request.info_hash, request.to_peer_id});
  if (!offerer || to == nullptr || to->connection != *offerer) {
    ++totals_.answers_dropped;
    return;
  }
  ++totals_.answers_relayed;
  send(*offerer, wire::AnswerPush{request.info_hash, request.peer_id, request.offer_id,
                                  std::move(request.sdp)});
}

void Tracker::answer(Place from, wire::CandidateRequest&& request) {
  const PeerKey key{request.info_hash, request.peer_id};
  if (!speaks_for(from, key))
    return refuse(from, request.info_hash, "announce this peer id here before it offers");
  const OfferKey made{request.info_hash, request.peer_id, request.to_peer_id, request.offer_id};
  const OfferKey taken{request.info_hash, request.to_peer_id, request.peer_id, request.offer_id};
  auto other = offers_.take_candidate(made, from->first);
  if (!other) other = offers_.take_candidate(taken, from->first);
  const Member* to = registry_.find(PeerKey{request.info_hash, request.to_peer_id});
  if (!other || to == nullptr || to->connection != *other) return;  // late ones are normal
  ++totals_.candidates_relayed;
  send(*other, wire::CandidatePush{request.info_hash, request.peer_id, request.offer_id,
                                   std::move(request.sdp)});
}

void Tracker::answer(Place from, wire::ScrapeRequest&& request) {
  wire::ScrapeReply out;
  const auto add = [&out](const crypto::ShortHash& info_hash, const Swarm& swarm) {
    out.swarms.push_back({info_hash, swarm.complete, swarm.incomplete(), swarm.downloaded});
  };
  if (request.info_hashes.empty()) {
    for (const auto& [info_hash, swarm] : registry_.swarms()) {
      if (out.swarms.size() == wire::kScrapeHashesMax) break;
      add(info_hash, swarm);
    }
    return send(from->first, std::move(out));
  }
  for (const crypto::ShortHash& info_hash : request.info_hashes) {
    if (out.swarms.size() == wire::kScrapeHashesMax) break;
    if (const Swarm* swarm = registry_.find(info_hash)) add(info_hash, *swarm);
  }
  if (!out.swarms.empty()) return send(from->first, std::move(out));
  ++totals_.refused;
  send(from->first, wire::FailureReply{.action = wire::FailureReply::Action::scrape,
                                       .info_hash = request.info_hashes.front(),
                                       .reason = "this tracker does not serve that torrent"});
}

}  // namespace skep::tracker
