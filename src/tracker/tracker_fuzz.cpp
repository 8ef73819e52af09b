// Bytes are operations on a small tracker: connections open, close, announce, offer, answer, stay
// silent. A model that knows nothing of the tracker's tables checks every output: nobody hears of a
// swarm they did not join, nobody speaks for another's peer, bounds hold, counts equal a recount.
#include <map>
#include <set>

#include "base/assert.hpp"
#include "base/cursor.hpp"
#include "tracker/tracker.hpp"

namespace {

using namespace skep;
using namespace skep::tracker;

template <class Id>
Id named(std::uint8_t n) {
  Id id;
  id.bytes.fill(n);
  return id;
}

Config small_config() {
  Config config;
  config.connections_max = 6;
  config.peers_max = 8;
  config.peers_per_swarm_max = 5;
  config.memberships_per_connection_max = 3;
  config.offers_outstanding_max = 10;
  config.messages = {40, 20};
  config.offers = {12, 2};
  config.offers_received = {8, 2};
  return config;
}

// What an outside observer knows from what was said and replied: who is a member over which
// connection, and which offers each connection made and received.
struct Membership {
  ConnectionId connection;
  base::Instant announced;
};
struct Model {
  using Made = std::pair<crypto::ShortHash, wire::OfferId>;
  std::set<ConnectionId> open;
  std::set<crypto::ShortHash> allowed;
  std::map<PeerKey, Membership> members;
  std::map<ConnectionId, std::set<Made>> offered;
  std::map<ConnectionId, std::set<Made>> received;

  bool joined(ConnectionId connection, const crypto::ShortHash& info_hash) const {
    for (const auto& [key, membership] : members)
      if (key.info_hash == info_hash && membership.connection == connection) return true;
    return false;
  }
  void forget(ConnectionId connection) {
    open.erase(connection);
    offered.erase(connection);
    received.erase(connection);
    std::erase_if(members, [&](const auto& each) { return each.second.connection == connection; });
  }
};

class World {
 public:
  World() : tracker_(small_config()) { allow(3); }

  void step(base::Reader& in) {
    const auto byte = [&in] { return in.take_be<base::Byte>().value_or(0); };
    const ConnectionId who(byte() % 8);
    const auto swarm = named<crypto::ShortHash>(byte() % 4);
    const auto self = named<crypto::PeerId>(byte() % 10);
    const auto other = named<crypto::PeerId>(byte() % 10);
    const auto offer = named<wire::OfferId>(byte() % 6);
    const base::Byte detail = byte();
    switch (detail % 10) {
      case 0:
        return toggle(who);
      case 1:
      case 2:
        return announce(who, swarm, self, detail);
      case 3:
        model_.offered[real(who)].insert({swarm, offer});
        return say(who, wire::TargetedOffer{swarm, self, other, {offer, "o"}});
      case 4:
      case 5:
        return say(who, wire::AnswerRequest{swarm, self, other, offer, "a"});
      case 6:
        return say(who, wire::ScrapeRequest{{swarm}});
      case 7:
        return say(who, wire::CandidateRequest{swarm, self, other, offer, "c"});
      case 8:
        now_ = now_ + base::seconds(detail);
        return handle(Tick{});
      default:
        if (detail > 240) return allow(1 + detail % 4);
        if (model_.open.contains(real(who))) return handle(MalformedReceived{real(who), "x"});
    }
  }

 private:
  void allow(int count) {
    model_.allowed.clear();
    for (int i = 0; i < count; ++i)
      model_.allowed.insert(named<crypto::ShortHash>(static_cast<std::uint8_t>(i)));
    std::erase_if(model_.members, [this](const auto& each) {
      return !model_.allowed.contains(each.first.info_hash);
    });
    handle(AllowedSwarmsChanged{{model_.allowed.begin(), model_.allowed.end()}});
  }

  void toggle(ConnectionId who) {
    // Ids are never reused: what was open under this number gets the next one.
    if (model_.open.contains(real(who))) {
      const ConnectionId closing = real(who);
      model_.forget(closing);
      ++generation_[who];
      return handle(ConnectionClosed{closing});
    }
    ++generation_[who];
    model_.open.insert(real(who));
    handle(ConnectionOpened{real(who), {}});
  }

  void announce(ConnectionId who, const crypto::ShortHash& swarm, const crypto::PeerId& self,
                base::Byte detail) {
    wire::AnnounceRequest request;
    request.info_hash = swarm;
    request.peer_id = self;
    request.left = detail & 0x10 ? 0 : 5;
    request.event = static_cast<wire::TrackerEvent>((detail >> 5) & 3);
    if (detail & 0x80) request.candidates_wanted = 4;
    asked_ = Asked{real(who), {swarm, self}, request.event == wire::TrackerEvent::stopped};
    for (std::uint8_t i = 0; i < detail % 4; ++i) {
      request.offers.push_back({named<wire::OfferId>(i), "o"});
      model_.offered[real(who)].insert({swarm, request.offers.back().id});
    }
    say(who, std::move(request));
    asked_.reset();
  }

  void say(ConnectionId who, wire::TrackerRequest request) {
    speaking_ = real(who);
    handle(MessageReceived{speaking_, std::move(request), 50});
  }

  void handle(Input input) {
    std::erase_if(model_.members, [this](const auto& each) {
      return now_ >= each.second.announced + small_config().peer_expiry;
    });
    tracker_.handle(now_, std::move(input));
    while (const auto output = tracker_.poll()) check(*output);
    check_tables();
  }

  void check(const Output& output) {
    if (const auto* closed = std::get_if<Close>(&output)) {
      SKEP_ASSERT(model_.open.contains(closed->connection) && closed->reason.size() <= 123);
      model_.forget(closed->connection);
      return;
    }
    const Send& sent = std::get<Send>(output);
    SKEP_ASSERT(model_.open.contains(sent.connection));
    if (const auto* offer = std::get_if<wire::OfferPush>(&sent.message)) {
      SKEP_ASSERT(model_.joined(sent.connection, offer->info_hash));
      SKEP_ASSERT(model_.members.contains({offer->info_hash, offer->peer_id}));
      model_.received[sent.connection].insert({offer->info_hash, offer->offer.id});
    }
    if (const auto* answer = std::get_if<wire::AnswerPush>(&sent.message)) {
      SKEP_ASSERT(model_.joined(sent.connection, answer->info_hash));
      SKEP_ASSERT(model_.members.contains({answer->info_hash, answer->peer_id}));
      const Model::Made made{answer->info_hash, answer->offer_id};
      SKEP_ASSERT(model_.offered[sent.connection].contains(made));
      SKEP_ASSERT(model_.received[speaking_].contains(made));
    }
    if (const auto* candidate = std::get_if<wire::CandidatePush>(&sent.message)) {
      SKEP_ASSERT(model_.joined(sent.connection, candidate->info_hash));
      SKEP_ASSERT(model_.members.contains({candidate->info_hash, candidate->peer_id}));
      const Model::Made made{candidate->info_hash, candidate->offer_id};
      const auto went = [&](ConnectionId from, ConnectionId to) {
        return model_.offered[from].contains(made) && model_.received[to].contains(made);
      };
      SKEP_ASSERT(went(speaking_, sent.connection) || went(sent.connection, speaking_));
    }
    if (const auto* reply = std::get_if<wire::AnnounceReply>(&sent.message)) replied(sent, *reply);
  }

  // A reply means that the announce it answers was accepted.
  void replied(const Send& sent, const wire::AnnounceReply& reply) {
    SKEP_ASSERT(asked_ && asked_->connection == sent.connection);
    SKEP_ASSERT(asked_->key.info_hash == reply.info_hash);
    const auto known = model_.members.find(asked_->key);
    const bool ours = known != model_.members.end() && known->second.connection == sent.connection;
    SKEP_ASSERT(ours || known == model_.members.end() || asked_->stopped);
    if (!asked_->stopped) model_.members[asked_->key] = {sent.connection, now_};
    if (asked_->stopped && ours) model_.members.erase(known);
    if (!reply.candidates) return;
    SKEP_ASSERT(reply.candidates->size() <= 4);
    for (const wire::Candidate& each : *reply.candidates) {
      SKEP_ASSERT(each.peer_id != asked_->key.peer_id);
      SKEP_ASSERT(model_.members.contains({reply.info_hash, each.peer_id}));
    }
  }

  void check_tables() {
    const Config config = small_config();
    const SwarmRegistry& registry = tracker_.registry();
    std::size_t peers = 0;
    std::map<ConnectionId, std::size_t> memberships;
    for (const auto& [info_hash, swarm] : registry.swarms()) {
      std::uint32_t complete = 0;
      for (const Member& member : swarm.members) {
        SKEP_ASSERT(swarm.find(member.peer_id) == &member);
        const auto known = model_.members.find({info_hash, member.peer_id});
        SKEP_ASSERT(known != model_.members.end());
        SKEP_ASSERT(known->second.connection == member.connection);
        complete += member.complete;
        ++memberships[member.connection];
      }
      SKEP_ASSERT(swarm.complete == complete && swarm.index.size() == swarm.members.size());
      SKEP_ASSERT(swarm.members.size() <= config.peers_per_swarm_max);
      peers += swarm.members.size();
    }
    SKEP_ASSERT(peers == registry.peer_count() && peers <= config.peers_max);
    SKEP_ASSERT(peers == model_.members.size());
    for (const auto& [connection, count] : memberships)
      SKEP_ASSERT(count <= config.memberships_per_connection_max);
    SKEP_ASSERT(tracker_.connection_count() == model_.open.size());
    SKEP_ASSERT(model_.open.size() <= config.connections_max);
    SKEP_ASSERT(tracker_.offers_outstanding() <= config.offers_outstanding_max);
    SKEP_ASSERT(tracker_.next_wakeup() > now_);
  }

  ConnectionId real(ConnectionId who) { return ConnectionId(who.value + 8 * generation_[who]); }
  struct Asked {
    ConnectionId connection;
    PeerKey key;
    bool stopped;
  };

  Tracker tracker_;
  base::Instant now_{1};
  Model model_;
  ConnectionId speaking_;
  std::optional<Asked> asked_;  // the announce that is being handled
  std::map<ConnectionId, std::uint64_t> generation_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::Reader in({data, std::min<std::size_t>(size, 3000)});
  World world;
  while (!in.done()) world.step(in);
  return 0;
}
