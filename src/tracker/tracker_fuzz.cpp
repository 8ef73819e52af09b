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

// What an outside observer knows: which swarms each connection announced itself in, and which
// offers it made.
struct Model {
  using Made = std::pair<crypto::ShortHash, wire::OfferId>;
  std::set<ConnectionId> open;
  std::map<ConnectionId, std::set<crypto::ShortHash>> announced;  // ever tried, while open
  std::map<ConnectionId, std::set<Made>> offered;                 // offers it made, while open
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
    switch (detail % 9) {
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
        now_ = now_ + base::seconds(detail);
        return handle(Tick{});
      default:
        if (detail > 240) return allow(1 + detail % 4);
        if (model_.open.contains(real(who))) return handle(MalformedReceived{real(who), "x"});
    }
  }

 private:
  void allow(int count) {
    std::vector<crypto::ShortHash> swarms;
    for (int i = 0; i < count; ++i)
      swarms.push_back(named<crypto::ShortHash>(static_cast<std::uint8_t>(i)));
    handle(AllowedSwarmsChanged{swarms});
  }

  void toggle(ConnectionId who) {
    // Ids are never reused: what was open under this number gets the next one.
    if (model_.open.contains(real(who))) {
      const ConnectionId closing = real(who);
      forget(closing);
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
    if (request.event != wire::TrackerEvent::stopped) model_.announced[real(who)].insert(swarm);
    for (std::uint8_t i = 0; i < detail % 4; ++i) {
      request.offers.push_back({named<wire::OfferId>(i), "o"});
      model_.offered[real(who)].insert({swarm, request.offers.back().id});
    }
    say(who, std::move(request));
  }

  void say(ConnectionId who, wire::TrackerRequest request) {
    handle(MessageReceived{real(who), std::move(request), 50});
  }

  void handle(Input input) {
    tracker_.handle(now_, std::move(input));
    while (const auto output = tracker_.poll()) check(*output);
    check_tables();
  }

  void check(const Output& output) {
    if (const auto* closed = std::get_if<Close>(&output)) {
      SKEP_ASSERT(model_.open.contains(closed->connection) && closed->reason.size() <= 123);
      forget(closed->connection);
      return;
    }
    const Send& sent = std::get<Send>(output);
    SKEP_ASSERT(model_.open.contains(sent.connection));
    const auto joined = [&](const crypto::ShortHash& info_hash) {
      return model_.announced[sent.connection].contains(info_hash);
    };
    if (const auto* offer = std::get_if<wire::OfferPush>(&sent.message))
      SKEP_ASSERT(joined(offer->info_hash) && owner_joined(offer->info_hash, offer->peer_id));
    if (const auto* answer = std::get_if<wire::AnswerPush>(&sent.message)) {
      SKEP_ASSERT(joined(answer->info_hash) && owner_joined(answer->info_hash, answer->peer_id));
      const Model::Made made{answer->info_hash, answer->offer_id};
      SKEP_ASSERT(model_.offered[sent.connection].contains(made));
    }
    if (const auto* reply = std::get_if<wire::AnnounceReply>(&sent.message)) {
      if (reply->candidates) SKEP_ASSERT(reply->candidates->size() <= 4);
      SKEP_ASSERT(reply->complete + reply->incomplete <= 5);
    }
  }

  // The peer that is said to speak is a member now, over an open connection that announced it.
  bool owner_joined(const crypto::ShortHash& info_hash, const crypto::PeerId& peer_id) {
    const Member* member = tracker_.registry().find(PeerKey{info_hash, peer_id});
    return member != nullptr && model_.open.contains(member->connection) &&
           model_.announced[member->connection].contains(info_hash);
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
        SKEP_ASSERT(model_.open.contains(member.connection));
        SKEP_ASSERT(now_ < member.announced + config.peer_expiry);
        complete += member.complete;
        ++memberships[member.connection];
      }
      SKEP_ASSERT(swarm.complete == complete && swarm.index.size() == swarm.members.size());
      SKEP_ASSERT(swarm.members.size() <= config.peers_per_swarm_max);
      peers += swarm.members.size();
    }
    SKEP_ASSERT(peers == registry.peer_count() && peers <= config.peers_max);
    for (const auto& [connection, count] : memberships)
      SKEP_ASSERT(count <= config.memberships_per_connection_max);
    SKEP_ASSERT(tracker_.connection_count() == model_.open.size());
    SKEP_ASSERT(model_.open.size() <= config.connections_max);
    SKEP_ASSERT(tracker_.offers_outstanding() <= config.offers_outstanding_max);
    SKEP_ASSERT(tracker_.next_wakeup() > now_);
  }

  ConnectionId real(ConnectionId who) { return ConnectionId(who.value + 8 * generation_[who]); }
  void forget(ConnectionId connection) {
    model_.open.erase(connection);
    model_.announced.erase(connection);
    model_.offered.erase(connection);
  }

  Tracker tracker_;
  base::Instant now_{1};
  Model model_;
  std::map<ConnectionId, std::uint64_t> generation_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  base::Reader in({data, std::min<std::size_t>(size, 3000)});
  World world;
  while (!in.done()) world.step(in);
  return 0;
}
