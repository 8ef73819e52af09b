/// core.hpp: every table of one engine in one place, and the few verbs that all of its rooms use.
/// CONTRACT  one Core per Engine. Rooms (session, requests, uploads, ...) are free functions over
///           it; none keeps state of its own. References into tables must not be held across a call
///           that may remove entries: peers are doomed first and removed by reap_peers() only.
/// WHY       state in tables and behaviour in functions keeps each room readable alone.
#pragma once

#include "base/rng.hpp"
#include "engine/candidate_table.hpp"
#include "engine/config.hpp"
#include "engine/fetch_table.hpp"
#include "engine/http_table.hpp"
#include "engine/io.hpp"
#include "engine/meter.hpp"
#include "engine/output_queue.hpp"
#include "engine/peer_table.hpp"
#include "engine/piece_cache.hpp"
#include "engine/token_bucket.hpp"
#include "engine/torrent_table.hpp"
#include "wire/message.hpp"

namespace skep::engine {

struct Totals {
  std::uint64_t from_peers = 0;
  std::uint64_t from_http = 0;
  std::uint64_t from_store = 0;
  std::uint64_t kept = 0;  ///< was in the store before, for upload_ratio_percent
  std::uint64_t uploaded = 0;
  std::uint64_t wasted = 0;
};

struct Core {
  explicit Core(const Config& c) : config(c), rng(c.seed) {
    upload_tokens.set_rate({}, c.upload_rate_bytes_per_s);
    policy.upload_rate_bytes_per_s = c.upload_rate_bytes_per_s;
  }

  Config config;
  base::Rng rng;
  base::Instant now;
  PolicyChanged policy;
  bool tracker_up = false;

  TorrentTable torrents;
  FetchTable fetches;
  PeerTable peers;
  HttpTable https;
  CandidateTable candidates;
  PieceCache cache;
  LoadTable loads;
  TokenBucket upload_tokens;
  std::uint64_t http_rate = 0;  ///< bytes/s of all HTTP requests together, when last measured
  base::Instant http_rate_at;
  Totals totals;
  OutputQueue out;

  bool sourcing_due = true;   ///< something changed that hedge should look at
  base::Instant sourcing_at;  ///< or time did
  bool choking_due = false;   ///< somebody's interest or a slot changed
  base::Instant choking_at;   ///< the next regular round
  std::uint32_t choking_round = 0;
  LinkId upload_turn;  ///< whose turn it is when tokens are short

  Wakeup wake{base::kNever, WakeReason::none};

  void say(Output output) { out.push(std::move(output)); }
  /// Asks to be woken at `at`, which must lie in the future.
  void wake_at(base::Instant at, WakeReason why) {
    SKEP_ASSERT(at > now);
    if (at < wake.at) wake = {at, why};
  }
};

/// Appends a message to what this handle() sends to the peer.
void send(Core& core, Peer& peer, const wire::Message& message);
/// Hands the peer's outbox to the host, if it is not empty.
void flush(Core& core, Peer& peer);

}  // namespace skep::engine
