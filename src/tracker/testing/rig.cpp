#include "tracker/testing/rig.hpp"

#include <cstdio>
#include <utility>

namespace skep::tracker::testing {
namespace {

template <class Id>
Id named(char letter) {
  Id id;
  id.bytes.fill(static_cast<base::Byte>(letter));
  return id;
}

}  // namespace

crypto::ShortHash swarm(char letter) { return named<crypto::ShortHash>(letter); }
crypto::PeerId peer(char letter) { return named<crypto::PeerId>(letter); }
wire::OfferId offer_id(char letter) { return named<wire::OfferId>(letter); }
ConnectionId connection(char letter) {
  return ConnectionId(static_cast<std::uint64_t>(static_cast<unsigned char>(letter)));
}

wire::AnnounceRequest announce(char who) {
  wire::AnnounceRequest out;
  out.info_hash = swarm('s');
  out.peer_id = peer(who);
  out.left = 1;
  return out;
}
wire::AnnounceRequest announce_offers(char who, const std::string& offers) {
  wire::AnnounceRequest out = announce(who);
  for (const char letter : offers) out.offers.push_back({offer_id(letter), std::string(1, letter)});
  return out;
}
wire::AnnounceRequest announce_skep(char who, std::uint32_t candidates, bool seeding) {
  wire::AnnounceRequest out = announce(who);
  out.candidates_wanted = candidates;
  out.left = seeding ? 0 : 1;
  return out;
}
wire::TargetedOffer targeted(char from, char to, char offer) {
  return {swarm('s'), peer(from), peer(to), {offer_id(offer), std::string(1, offer)}};
}
wire::AnswerRequest answer(char from, char to, char offer) {
  return {swarm('s'), peer(from), peer(to), offer_id(offer), "answer"};
}
wire::CandidateRequest candidate(char from, char to, char offer) {
  return {swarm('s'), peer(from), peer(to), offer_id(offer), "candidate"};
}

Rig::Rig(Config config) : tracker_(config) {
  input(AllowedSwarmsChanged{{swarm('s'), swarm('t')}});
}

void Rig::open(const std::string& letters) {
  for (const char letter : letters) {
    if (open_[connection(letter)]) continue;
    open_[connection(letter)] = true;
    input(ConnectionOpened{connection(letter), {127, 0, 0, 1}});
  }
}

void Rig::close(char letter) {
  open_[connection(letter)] = false;
  input(ConnectionClosed{connection(letter)});
}

void Rig::say(char from, wire::TrackerRequest request, std::size_t size) {
  open(std::string(1, from));
  input(MessageReceived{connection(from), std::move(request), size});
}

void Rig::input(Input input) {
  tracker_.handle(now_, std::move(input));
  drain();
}

void Rig::advance(base::Duration duration) {
  now_ = now_ + duration;
  input(Tick{});
}

void Rig::drain() {
  while (auto output = tracker_.poll()) {
    if (auto* sent = std::get_if<Send>(&*output))
      inbox_[sent->connection].push_back(std::move(sent->message));
    if (auto* closed = std::get_if<Close>(&*output)) closed_[closed->connection] = closed->reason;
  }
}

std::vector<wire::TrackerResponse> Rig::heard(char who) {
  return std::exchange(inbox_[connection(who)], {});
}

std::string Rig::closed(char who) const {
  const auto found = closed_.find(connection(who));
  return found == closed_.end() ? "" : found->second;
}

void Rig::complain(char who, std::size_t count) {
  std::fprintf(stderr, "client %c: expected one message of another kind, heard %zu\n", who, count);
}

}  // namespace skep::tracker::testing
