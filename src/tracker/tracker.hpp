/// tracker.hpp: the tracker: introduces the peers of a swarm to each other, and relays their offers
/// and answers. Nothing else passes through it.
/// CONTRACT  handle(now, input), then poll() until nullopt, then sleep until next_wakeup(). `now`
///           never decreases. Same config and inputs give the same outputs.
///           - Only swarms set by AllowedSwarmsChanged are served.
///           - A connection speaks for the peer ids it announced itself, in that swarm, and no
///           others.
///           - A connection gets messages about swarms it joined only, and replies to what it
///           asked.
///           - An answer goes to whoever made that very offer to that very peer, candidates to the
///           other side of such an offer.
/// SPEC      docs/formats/tracker.md
/// LIMITS    tracker/config.hpp
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/rng.hpp"
#include "base/time.hpp"
#include "tracker/config.hpp"
#include "tracker/io.hpp"
#include "tracker/offer_table.hpp"
#include "tracker/quota.hpp"
#include "tracker/swarm_registry.hpp"

namespace skep::tracker {

/// Counts since the tracker was made, for logs and dashboards.
struct Totals {
  std::uint64_t announces = 0;
  std::uint64_t offers_relayed = 0;
  std::uint64_t answers_relayed = 0;
  std::uint64_t answers_dropped = 0;      ///< late, or to an offer that was never made
  std::uint64_t candidates_relayed = 0;   ///< messages of them, to targeted offers
  std::uint64_t refused = 0;              ///< failure replies
  std::uint64_t closed = 0;               ///< connections closed for abuse or malformed messages
  std::uint64_t reported_uploaded = 0;    ///< bytes, as peers say (tracker/reported.hpp)
  std::uint64_t reported_downloaded = 0;  ///< from peers
};

class Tracker {
 public:
  explicit Tracker(const Config& config);
  Tracker(const Tracker&) = delete;
  Tracker& operator=(const Tracker&) = delete;

  void handle(base::Instant now, const Input& input) { handle(now, Input(input)); }
  /// Moves session descriptions out of `input` on to whom they are for.
  void handle(base::Instant now, Input&& input);
  std::optional<Output> poll();
  /// When to send a Tick at the latest; kNever when nothing can expire.
  base::Instant next_wakeup() const;

  const SwarmRegistry& registry() const { return registry_; }
  const Totals& totals() const { return totals_; }
  std::size_t connection_count() const { return connections_.size(); }
  std::size_t offers_outstanding() const { return offers_.size(); }

 private:
  struct Connection {
    Connection(const Config& config, base::Instant now, const Network& from)
        : quota(config, now), network(from) {}
    Quota quota;
    Network network;
    std::set<PeerKey> memberships;
  };
  using Connections = std::map<ConnectionId, Connection>;
  using Place = Connections::iterator;

  void on(const Tick&) {}
  void on(ConnectionOpened&& input);
  void on(ConnectionClosed&& input);
  void on(MessageReceived&& input);
  void on(MalformedReceived&& input);
  void on(AllowedSwarmsChanged&& input);

  void answer(Place from, wire::AnnounceRequest&& request);
  void answer(Place from, wire::TargetedOffer&& request);
  void answer(Place from, wire::AnswerRequest&& request);
  void answer(Place from, wire::CandidateRequest&& request);
  void answer(Place from, wire::ScrapeRequest&& request);

  bool join(Place from, const wire::AnnounceRequest& request);
  void update_member(const PeerKey& key, const wire::AnnounceRequest& request);
  void count_reported(const wire::AnnounceRequest& request);
  void reply(Place from, const wire::AnnounceRequest& request, bool wants_candidates);
  void relay_offers(Place from, wire::AnnounceRequest&& request);
  bool relay_offer(Place from, const PeerKey& key, const Member& to, wire::Offer&& offer,
                   std::uint32_t candidates = 0);

  bool speaks_for(Place from, const PeerKey& key) const;
  void expire();
  void forget(Place connection);
  void refuse(Place from, const crypto::ShortHash& info_hash, const char* reason);
  void send(ConnectionId to, wire::TrackerResponse&& message);
  void close(Place connection, std::string reason);

  const Config config_;
  base::Rng rng_;
  base::Instant now_;
  SwarmRegistry registry_;
  OfferTable offers_;
  Connections connections_;
  std::deque<Output> outputs_;
  Totals totals_;
};

}  // namespace skep::tracker
