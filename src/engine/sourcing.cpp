#include "engine/sourcing.hpp"

#include <algorithm>
#include <array>

#include "engine/announcer.hpp"
#include "engine/claims.hpp"
#include "engine/delivery.hpp"
#include "engine/hedge.hpp"
#include "engine/http_planner.hpp"

namespace skep::engine {
namespace {

/// While fetches wait, rates and deadlines are looked at that often.
constexpr base::Duration kLook = base::milliseconds(250);
/// An HTTP rate measured longer ago says nothing.
constexpr base::Duration kRateLife = base::seconds(10);
/// A request younger than that has measured nothing.
constexpr base::Duration kRateMin = base::milliseconds(400);

void measure_http(Core& core) {
  std::uint64_t sum = 0;
  bool any = false;
  for (const auto& [id, job] : core.https.all()) {
    const base::Duration age = core.now - job.asked_at;
    if (age < kRateMin) continue;
    any = true;
    sum += job.received * 1'000'000 / static_cast<std::uint64_t>(age.us);
  }
  if (!any) return;
  core.http_rate = sum;
  core.http_rate_at = core.now;
}

std::uint64_t http_rate(const Core& core, std::uint32_t crowd) {
  const std::uint64_t presumed = presume_http_rate(core.config.floor_rate_bytes_per_s, crowd);
  const bool fresh =
      core.http_rate_at > base::Instant{} && core.now < core.http_rate_at + kRateLife;
  if (!fresh) return presumed;
  return crowd < kCrowdMin ? core.http_rate : std::min(core.http_rate, presumed);
}

/// What one look found out about each torrent.
struct TorrentView {
  bool looked = false;
  TorrentId torrent;
  bool connecting = false;
  std::uint32_t crowd = 0;
  std::uint64_t bytes_ahead = 0;
};

/// Fills in what peers do for us; who serves one fetch now may serve the next one in a moment.
void look_at_peers(const Core& core, const Torrent& t, HedgeView& view) {
  view.serving_since = base::kNever;
  for (const auto& [link, peer] : core.peers.all()) {
    if (peer.torrent != t.id || !peer.ready()) continue;
    view.peer_rate += peer.down.rate(core.now);
    // In a crowd who gets anything is served: its other fetches have their turn later.
    if (view.crowd >= kCrowdMin) view.last_piece = std::max(view.last_piece, peer.down.last());
    if (peer.choking_us || peer.snubbed || !peer.we_interested) continue;
    view.serving = true;
    view.serving_since = std::min(view.serving_since, peer.unchoked_at);
  }
}

void look_at_pieces(const Core& core, const Torrent& t, const Fetch& f, HedgeView& view) {
  const std::vector<PieceRun> covered = covered_runs(core, t, f);
  for (std::uint32_t p = f.cursor; p < f.run.end; ++p) {
    if (t.have.test(p) || in_runs(covered, p)) continue;
    const std::uint32_t size = t.piece_size(p);
    view.missing += size;
    if (t.availability.of(p) == 0) view.orphans += size;
  }
}

HedgeView look(const Core& core, const Torrent& t, const Fetch& f, TorrentView& of_torrent) {
  HedgeView view;
  view.now = core.now;
  view.urgency = f.urgency;
  view.started = f.started;
  view.deadline = f.deadline;
  view.grace = core.config.peer_grace;
  view.use_peers = core.policy.use_peers;
  view.connecting = of_torrent.connecting;
  view.others_waiting = core.fetches.any_foreground();
  view.crowd = of_torrent.crowd;
  view.last_piece = f.last_piece;
  look_at_pieces(core, t, f, view);
  look_at_peers(core, t, view);
  of_torrent.bytes_ahead += view.missing;
  view.bytes_ahead = of_torrent.bytes_ahead;
  view.http_rate = http_rate(core, view.crowd);
  return view;
}

/// HTTP cannot be used for this file (any more): waits, or gives the fetch up.
bool http_usable(Core& core, const Torrent& t, Fetch& f, const HedgeView& view) {
  const HttpHealth& health = t.file(f.file).http;
  const bool lied = health.mismatches >= kHttpMismatchesMax;
  const bool broken = health.failures >= kHttpFailuresMax;
  const bool peers_can = view.orphans == 0 || view.connecting;
  if ((lied || broken) && !peers_can) {
    fail_fetch(core, f.id,
               lied ? FetchFailed::Reason::http_mismatch : FetchFailed::Reason::http_failed);
    return false;
  }
  if (lied) return false;
  if (core.now < health.not_before) {
    core.wake_at(health.not_before, WakeReason::http_retry);
    core.sourcing_at = std::min(core.sourcing_at, health.not_before);
    return false;
  }
  return true;
}

/// One for each torrent that has been looked at, then empty ones.
using TorrentViews = std::array<TorrentView, kTorrentsMax>;

TorrentView& view_of(const Core& core, const Torrent& t, TorrentViews& views) {
  std::size_t i = 0;
  while (views[i].looked && views[i].torrent != t.id) ++i;
  TorrentView& view = views[i];
  if (view.looked) return view;
  view.looked = true;
  view.torrent = t.id;
  view.connecting = connecting(core, t);
  view.crowd = crowd_of(core, t);
  return view;
}

void source(Core& core, FetchId id, TorrentViews& views) {
  Fetch* f = core.fetches.find(id);
  if (f == nullptr) return;  // failed with another one of its file
  Torrent& t = *core.torrents.find(f->torrent);
  const HedgeView view = look(core, t, *f, view_of(core, t, views));
  const HedgePlan plan = hedge(view);
  if (plan.again < core.sourcing_at) core.sourcing_at = plan.again;
  if (plan.reach == Reach::none || !http_usable(core, t, *f, view)) return;
  plan_http(core, t, *f, view, plan.reach);
}

}  // namespace

void run_sourcing(Core& core) {
  if (core.sourcing_due || core.now >= core.sourcing_at) {
    core.sourcing_due = false;
    core.sourcing_at = core.fetches.size() > 0 ? core.now + kLook : base::kNever;
    measure_http(core);
    TorrentViews views{};
    const FetchTable::Order order = core.fetches.by_need();  // a copy: fetches may fail
    for (const FetchId id : order) source(core, id, views);
    if (core.sourcing_due) core.sourcing_at = std::min(core.sourcing_at, core.now + kLook);
    core.sourcing_due = false;
  }
  if (core.fetches.size() > 0) {
    SKEP_ASSERT(core.sourcing_at > core.now);
    core.wake_at(core.sourcing_at, WakeReason::deadline);
  }
}

}  // namespace skep::engine
