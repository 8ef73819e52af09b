// Announces per second in one process: no sockets, no JSON. The quotas are lifted, since one
// thousand connections stand for all clients there are.
#include <benchmark/benchmark.h>

#include "tracker/tracker.hpp"

namespace {

using namespace skep;
using namespace skep::tracker;

constexpr std::uint64_t kSwarms = 10;

Config unlimited() {
  Config config;
  const Rate plenty{1'000'000'000, 1'000'000'000};
  config.messages = config.bytes = config.offers = config.offers_received = plenty;
  config.offer_expiry = base::seconds(1);
  config.offers_outstanding_max = 10'000'000;
  return config;
}

template <class Id>
Id numbered(std::uint64_t n) {
  Id id;
  base::store_be(id.bytes.data(), n);
  return id;
}

class Swarms {
 public:
  explicit Swarms(std::uint64_t clients) : clients_(clients), tracker_(unlimited()) {
    std::vector<crypto::ShortHash> allowed;
    for (std::uint64_t i = 0; i < kSwarms; ++i) allowed.push_back(numbered<crypto::ShortHash>(i));
    tracker_.handle(now_, AllowedSwarmsChanged{allowed});
    for (std::uint64_t i = 0; i < clients; ++i) {
      tracker_.handle(now_, ConnectionOpened{ConnectionId(i), {}});
      announce(i, 0, false);
    }
  }

  /// One announce and all that follows from it, each offer answered by who gets it.
  void announce(std::uint64_t client, int offers, bool skep) {
    now_ = now_ + base::microseconds(100);  // ten thousand announces a second
    wire::AnnounceRequest request;
    request.info_hash = numbered<crypto::ShortHash>(client % kSwarms);
    request.peer_id = numbered<crypto::PeerId>(client);
    request.left = client % 3;
    for (int i = 0; i < offers; ++i)
      request.offers.push_back({numbered<wire::OfferId>(++offer_), std::string(1200, 's')});
    if (skep) request.candidates_wanted = 24;
    tracker_.handle(now_, MessageReceived{ConnectionId(client), std::move(request), 8000});
    answer_all();
  }

  std::uint64_t next() { return turn_++ % clients_; }
  const Totals& totals() const { return tracker_.totals(); }

 private:
  void answer_all() {
    while (auto output = tracker_.poll()) {
      auto& sent = std::get<Send>(*output);
      const auto* offer = std::get_if<wire::OfferPush>(&sent.message);
      if (offer == nullptr) continue;
      wire::AnswerRequest answer{offer->info_hash, numbered<crypto::PeerId>(sent.connection.value),
                                 offer->peer_id, offer->offer.id, std::string(1000, 's')};
      tracker_.handle(now_, MessageReceived{sent.connection, std::move(answer), 1500});
    }
  }

  std::uint64_t clients_;
  std::uint64_t offer_ = 0;
  std::uint64_t turn_ = 0;
  base::Instant now_{1};
  Tracker tracker_;
};

void BM_AnnounceWithFiveOffersAndAnswers(benchmark::State& state) {
  Swarms swarms(static_cast<std::uint64_t>(state.range(0)));
  for (auto _ : state) swarms.announce(swarms.next(), 5, false);
  state.SetItemsProcessed(state.iterations());
  state.counters["answers_per_announce"] = static_cast<double>(swarms.totals().answers_relayed) /
                                           static_cast<double>(state.iterations());
}
BENCHMARK(BM_AnnounceWithFiveOffersAndAnswers)->Arg(500)->Arg(40'000);

void BM_AnnounceForCandidates(benchmark::State& state) {
  Swarms swarms(static_cast<std::uint64_t>(state.range(0)));
  for (int i = 0; i < state.range(0); ++i) swarms.announce(swarms.next(), 0, true);
  for (auto _ : state) swarms.announce(swarms.next(), 0, true);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(BM_AnnounceForCandidates)->Arg(500)->Arg(40'000);

}  // namespace
