#include "tracker/tracker.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace skep::tracker {
namespace {

// RFC 6455 section 5.5: a close frame's reason has room for 123 bytes.
constexpr std::size_t kCloseReasonMax = 123;

}  // namespace

Tracker::Tracker(const Config& config)
    : config_(config),
      rng_(base::Rng(config.seed).fork("tracker")),
      registry_(config_),
      offers_(config_) {}

void Tracker::handle(base::Instant now, Input&& input) {
  SKEP_ASSERT(now >= now_);
  now_ = now;
  expire();
  std::visit([this](auto&& each) { on(std::move(each)); }, std::move(input));
}

std::optional<Output> Tracker::poll() {
  if (outputs_.empty()) return std::nullopt;
  std::optional<Output> out(std::move(outputs_.front()));
  outputs_.pop_front();
  return out;
}

base::Instant Tracker::next_wakeup() const {
  return std::min(registry_.next_expiry(), offers_.next_expiry());
}

void Tracker::on(ConnectionOpened&& input) {
  const auto [place, added] =
      connections_.try_emplace(input.connection, config_, now_, Network(input.address));
  SKEP_ASSERT(added);
  if (connections_.size() > config_.connections_max) close(place, "too many connections");
}

void Tracker::on(ConnectionClosed&& input) {
  const Place place = connections_.find(input.connection);
  if (place != connections_.end()) forget(place);
}

void Tracker::on(MessageReceived&& input) {
  const Place from = connections_.find(input.connection);
  if (from == connections_.end()) return;
  if (!from->second.quota.messages.take(now_, 1)) return close(from, "too many messages");
  if (!from->second.quota.bytes.take(now_, input.size)) return close(from, "too many bytes");
  std::visit([this, from](auto&& request) { answer(from, std::move(request)); },
             std::move(input.message));
}

void Tracker::on(MalformedReceived&& input) {
  const Place from = connections_.find(input.connection);
  if (from != connections_.end()) close(from, std::move(input.reason));
}

void Tracker::on(AllowedSwarmsChanged&& input) {
  registry_.allow(std::move(input.info_hashes));
  for (auto& [id, connection] : connections_)
    std::erase_if(connection.memberships,
                  [this](const PeerKey& key) { return registry_.find(key.info_hash) == nullptr; });
}

void Tracker::answer(Place from, wire::AnnounceRequest&& request) {
  ++totals_.announces;
  const PeerKey key{request.info_hash, request.peer_id};
  if (registry_.find(request.info_hash) == nullptr)
    return refuse(from, request.info_hash, "this tracker does not serve that torrent");
  if (request.event == wire::TrackerEvent::stopped) {
    if (speaks_for(from, key)) {
      count_reported(request);
      registry_.leave(key);
      from->second.memberships.erase(key);
    }
    return reply(from, request, false);
  }
  if (!join(from, request)) return;
  update_member(key, request);
  reply(from, request, request.candidates_wanted.has_value());
  relay_offers(from, std::move(request));
}

bool Tracker::join(Place from, const wire::AnnounceRequest& request) {
  const PeerKey key{request.info_hash, request.peer_id};
  std::set<PeerKey>& memberships = from->second.memberships;
  const char* refusal = nullptr;
  if (!memberships.contains(key) && memberships.size() >= config_.memberships_per_connection_max)
    refusal = "too many torrents on one connection";
  else
    switch (registry_.join(key, from->first, now_, {request.uploaded, request.downloaded})) {
      case SwarmRegistry::Joined::yes:
        memberships.insert(key);
        registry_.set_network(key, from->second.network);
        return true;
      case SwarmRegistry::Joined::already:
        return true;
      case SwarmRegistry::Joined::other_connection:
        refusal = "that peer id is in use on another connection";
        break;
      case SwarmRegistry::Joined::swarm_full:
        refusal = "the swarm is full";
        break;
      case SwarmRegistry::Joined::tracker_full:
        refusal = "the tracker is full";
        break;
    }
  refuse(from, request.info_hash, refusal);
  return false;
}

void Tracker::update_member(const PeerKey& key, const wire::AnnounceRequest& request) {
  const Member known = *registry_.find(key);
  const bool completed = request.event == wire::TrackerEvent::completed;
  // Members that joined just now are counted as downloads too if they say so: a page that was
  // offline when it finished has no earlier announce on this connection.
  if (completed && !known.complete) registry_.count_download(key.info_hash);
  const bool complete = request.left == wire::kLeftUnknown ? known.complete || completed
                                                           : request.left == 0 || completed;
  if (complete != known.complete) registry_.set_complete(key, complete);
  if (request.candidates_wanted && !known.skep) registry_.set_skep(key);
  count_reported(request);
}

void Tracker::count_reported(const wire::AnnounceRequest& request) {
  const Reported grown = registry_.report({request.info_hash, request.peer_id}, now_,
                                          {request.uploaded, request.downloaded});
  totals_.reported_uploaded += grown.uploaded;
  totals_.reported_downloaded += grown.downloaded;
}

bool Tracker::speaks_for(Place from, const PeerKey& key) const {
  return from->second.memberships.contains(key);
}

void Tracker::expire() {
  offers_.expire(now_);
  while (const auto expired = registry_.expire_one(now_)) {
    const Place owner = connections_.find(expired->connection);
    SKEP_ASSERT(owner != connections_.end());
    owner->second.memberships.erase(expired->key);
  }
}

void Tracker::forget(Place connection) {
  for (const PeerKey& key : connection->second.memberships) registry_.leave(key);
  connections_.erase(connection);
}

void Tracker::refuse(Place from, const crypto::ShortHash& info_hash, const char* reason) {
  ++totals_.refused;
  send(from->first, wire::FailureReply{.info_hash = info_hash, .reason = reason});
}

void Tracker::send(ConnectionId to, wire::TrackerResponse&& message) {
  outputs_.push_back(Send{to, std::move(message)});
}

void Tracker::close(Place connection, std::string reason) {
  ++totals_.closed;
  if (reason.size() > kCloseReasonMax) reason.resize(kCloseReasonMax);
  outputs_.push_back(Close{connection->first, std::move(reason)});
  forget(connection);
}

}  // namespace skep::tracker
