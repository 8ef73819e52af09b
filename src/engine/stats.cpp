#include "engine/stats.hpp"

#include <algorithm>

namespace skep::engine {

Stats make_stats(const Core& core) {
  Stats s;
  s.from_peers = core.totals.from_peers;
  s.from_http = core.totals.from_http;
  s.from_store = core.totals.from_store;
  s.uploaded = core.totals.uploaded;
  s.wasted = core.totals.wasted;
  s.peers_banned = static_cast<std::uint32_t>(core.candidates.bans());
  s.fetches_open = static_cast<std::uint32_t>(core.fetches.size());
  s.peers = std::vector<PeerStats>(core.peers.size());
  auto at = s.peers.begin();
  for (const auto& [link, peer] : core.peers.all()) {
    PeerStats& p = *at++;
    p.link = link;
    p.peer = peer.id;
    p.downloaded = peer.verified;
    p.uploaded = peer.up.total();
    p.down_bytes_per_s = peer.down.rate(core.now);
    p.up_bytes_per_s = peer.up.rate(core.now);
    p.rtt_us = static_cast<std::uint32_t>(peer.rtt_us);
    p.choked_by_peer = peer.choking_us;
    p.seeding = peer.has.size() > 0 && peer.has.all();
  }
  return s;
}

Census take_census(const Core& core) {
  Census c;
  c.torrents = core.torrents.all().size();
  c.fetches = core.fetches.size();
  c.peers = core.peers.size();
  for (const auto& [link, peer] : core.peers.all()) {
    c.blocks_in_flight += peer.in_flight.size();
    c.uploads_queued += peer.uploads.size();
  }
  for (const auto& [id, t] : core.torrents.all()) {
    c.assemblies += t.assemblies.size();
    c.suspects += t.suspects.size();
  }
  c.https = core.https.size();
  c.loads = core.loads.size();
  c.dialling = core.candidates.dialling();
  c.candidates = core.candidates.size();
  c.bans = core.candidates.bans();
  c.cache_bytes = core.cache.bytes();
  return c;
}

void check_books(const Core& core) {
  std::size_t owed = 0;
  for (const auto& [link, peer] : core.peers.all()) owed += peer.in_flight.size();
  std::size_t awaited = 0;
  for (const auto& [id, t] : core.torrents.all()) {
    for (const auto& [piece, a] : t.assemblies) {
      SKEP_ASSERT(!t.have.test(piece) && !a.complete());
      SKEP_ASSERT(t.taken.test(piece) == (a.open == 0));
      for (const BlockState& b : a.blocks) awaited += b.askers;
    }
    SKEP_ASSERT(t.suspects.size() <= kSuspectsMax);
  }
  SKEP_ASSERT(owed == awaited);
}

}  // namespace skep::engine
