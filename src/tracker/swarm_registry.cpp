#include "tracker/swarm_registry.hpp"

#include <algorithm>
#include <utility>

#include "base/assert.hpp"
#include "tracker/reported.hpp"

namespace skep::tracker {

using base::Instant;
using crypto::ShortHash;

const Member* Swarm::find(const crypto::PeerId& peer_id) const {
  const auto found = index.find(peer_id);
  return found == index.end() ? nullptr : &members[found->second];
}

void SwarmRegistry::allow(std::vector<ShortHash> info_hashes) {
  std::sort(info_hashes.begin(), info_hashes.end());
  info_hashes.erase(std::unique(info_hashes.begin(), info_hashes.end()), info_hashes.end());
  if (info_hashes.size() > config_.swarms_max) info_hashes.resize(config_.swarms_max);

  for (auto swarm = swarms_.begin(); swarm != swarms_.end();) {
    if (std::binary_search(info_hashes.begin(), info_hashes.end(), swarm->first)) {
      ++swarm;
      continue;
    }
    for (const Member& gone : swarm->second.members) by_age_.erase(gone.order);
    swarm = swarms_.erase(swarm);
  }
  for (const ShortHash& info_hash : info_hashes) swarms_.try_emplace(info_hash);
}

const Swarm* SwarmRegistry::find(const ShortHash& info_hash) const {
  const auto found = swarms_.find(info_hash);
  return found == swarms_.end() ? nullptr : &found->second;
}

const Member* SwarmRegistry::find(const PeerKey& key) const {
  const Swarm* swarm = find(key.info_hash);
  return swarm == nullptr ? nullptr : swarm->find(key.peer_id);
}

SwarmRegistry::Place SwarmRegistry::place_of(const PeerKey& key) {
  const auto swarm = swarms_.find(key.info_hash);
  SKEP_ASSERT(swarm != swarms_.end());
  const auto place = swarm->second.index.find(key.peer_id);
  SKEP_ASSERT(place != swarm->second.index.end());
  return {swarm->second, swarm->second.members[place->second]};
}

SwarmRegistry::Joined SwarmRegistry::join(const PeerKey& key, ConnectionId connection, Instant now,
                                          const Reported& reported) {
  const auto found = swarms_.find(key.info_hash);
  SKEP_ASSERT(found != swarms_.end());
  Swarm& swarm = found->second;

  const auto place = swarm.index.find(key.peer_id);
  if (place != swarm.index.end()) {
    Member& known = swarm.members[place->second];
    if (known.connection != connection) return Joined::other_connection;
    known.order->at = now;
    by_age_.splice(by_age_.end(), by_age_, known.order);
    return Joined::already;
  }
  if (swarm.members.size() >= config_.peers_per_swarm_max) return Joined::swarm_full;
  if (by_age_.size() >= config_.peers_max) return Joined::tracker_full;

  const auto order = by_age_.insert(by_age_.end(), {key, now});
  swarm.index.emplace(key.peer_id, static_cast<std::uint32_t>(swarm.members.size()));
  swarm.members.push_back({.peer_id = key.peer_id,
                           .connection = connection,
                           .network = {},
                           .joined = now,
                           .uploaded = reported.uploaded,
                           .downloaded = reported.downloaded,
                           .reported = now,
                           .order = order});
  return Joined::yes;
}

Reported SwarmRegistry::report(const PeerKey& key, Instant now, const Reported& totals) {
  const auto [swarm, peer] = place_of(key);
  const base::Duration elapsed = now - std::exchange(peer.reported, now);
  const Reported grown{
      believable_growth(std::exchange(peer.uploaded, totals.uploaded), totals.uploaded, elapsed),
      believable_growth(std::exchange(peer.downloaded, totals.downloaded), totals.downloaded,
                        elapsed)};
  swarm.reported_uploaded += grown.uploaded;
  swarm.reported_downloaded += grown.downloaded;
  return grown;
}

void SwarmRegistry::set_complete(const PeerKey& key, bool complete) {
  const auto [swarm, changed] = place_of(key);
  if (changed.complete == complete) return;
  changed.complete = complete;
  complete ? ++swarm.complete : --swarm.complete;
}

void SwarmRegistry::set_skep(const PeerKey& key) { place_of(key).member.skep = true; }

void SwarmRegistry::set_network(const PeerKey& key, const Network& network) {
  place_of(key).member.network = network;
}

void SwarmRegistry::count_download(const ShortHash& info_hash) {
  const auto swarm = swarms_.find(info_hash);
  SKEP_ASSERT(swarm != swarms_.end());
  ++swarm->second.downloaded;
}

bool SwarmRegistry::leave(const PeerKey& key) {
  const auto found = swarms_.find(key.info_hash);
  if (found == swarms_.end()) return false;
  Swarm& swarm = found->second;
  const auto place = swarm.index.find(key.peer_id);
  if (place == swarm.index.end()) return false;

  // The last member takes the place that becomes free.
  const std::uint32_t at = place->second;
  swarm.index.erase(place);
  if (swarm.members[at].complete) --swarm.complete;
  by_age_.erase(swarm.members[at].order);
  if (at + 1 != swarm.members.size()) {
    swarm.members[at] = swarm.members.back();
    swarm.index[swarm.members[at].peer_id] = at;
  }
  swarm.members.pop_back();
  SKEP_ASSERT(swarm.index.size() == swarm.members.size());
  return true;
}

std::optional<SwarmRegistry::Expired> SwarmRegistry::expire_one(Instant now) {
  if (now < next_expiry() || by_age_.empty()) return std::nullopt;
  const PeerKey oldest = by_age_.front().key;
  const Expired out{oldest, place_of(oldest).member.connection};
  leave(oldest);
  return out;
}

Instant SwarmRegistry::next_expiry() const {
  return by_age_.empty() ? base::kNever : by_age_.front().at + config_.peer_expiry;
}

}  // namespace skep::tracker
