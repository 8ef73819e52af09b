#include "engine/engine.hpp"

#include <utility>

#include "engine/announcer.hpp"
#include "engine/choking.hpp"
#include "engine/core.hpp"
#include "engine/fetching.hpp"
#include "engine/http_session.hpp"
#include "engine/peer_session.hpp"
#include "engine/requests.hpp"
#include "engine/sourcing.hpp"
#include "engine/stats.hpp"
#include "engine/uploads.hpp"
#include "engine/verifier.hpp"

namespace skep::engine {
namespace {

/// What links that opened while we did not upload were not told.
void show_all(Core& core) {
  for (auto& [link, peer] : core.peers.all()) {
    if (!peer.ready() || std::exchange(peer.shown, true)) continue;
    const Torrent& t = *core.torrents.find(peer.torrent);
    for (std::uint32_t p = 0; p < t.map.piece_count(); ++p)
      if (t.have.test(p)) send(core, peer, wire::Have{p});
  }
}

void on_policy_changed(Core& core, const PolicyChanged& input) {
  const bool had_peers = core.policy.use_peers;
  core.policy = input;
  core.upload_tokens.set_rate(core.now, input.upload_rate_bytes_per_s);
  core.choking_due = true;
  core.sourcing_due = true;
  if (input.upload) show_all(core);
  if (input.use_peers || !had_peers) return;
  for (auto& [link, peer] : core.peers.all())
    if (!peer.doomed) peer.doomed = CloseReason::done;
  for (auto& [id, t] : core.torrents.all()) announce_stop(core, t);
}

void on_tracker_changed(Core& core, const TrackerChanged& input) {
  core.tracker_up = input.up;
  core.sourcing_due = true;
  if (input.up) return;
  for (auto& [id, t] : core.torrents.all()) {  // a new connection needs a new "started"
    t.announce.awaiting = false;
    t.announce.started = false;
    t.announce.completed = false;
  }
}

struct Dispatch {
  Core& core;
  void operator()(const Tick&) const {}
  void operator()(const TorrentAdded& in) const { on_torrent_added(core, in); }
  void operator()(const TorrentRemoved& in) const { on_torrent_removed(core, in); }
  void operator()(const FileKept& in) const { on_file_kept(core, in); }
  void operator()(const FetchRequested& in) const { on_fetch_requested(core, in); }
  void operator()(const FetchCancelled& in) const { on_fetch_cancelled(core, in); }
  void operator()(const TrackerChanged& in) const { on_tracker_changed(core, in); }
  void operator()(const AnnounceReply& in) const { on_announce_reply(core, in); }
  void operator()(const DialFailed& in) const { on_dial_failed(core, in); }
  void operator()(const LinkOpened& in) const { on_link_opened(core, in); }
  void operator()(const LinkBytes& in) const { on_link_bytes(core, in); }
  void operator()(const LinkDrained& in) const { on_link_drained(core, in); }
  void operator()(const LinkClosed& in) const { on_link_closed(core, in); }
  void operator()(const HttpStarted& in) const { on_http_started(core, in); }
  void operator()(const HttpBytes& in) const { on_http_bytes(core, in); }
  void operator()(const HttpEnded& in) const { on_http_ended(core, in); }
  void operator()(const PieceLoaded& in) const { on_piece_loaded(core, in); }
  void operator()(const StoreFailed& in) const { on_store_failed(core, in); }
  void operator()(const PolicyChanged& in) const { on_policy_changed(core, in); }
  void operator()(const StatsRequested&) const { core.say(make_stats(core)); }
  void operator()(const PieceFound& in) const { on_piece_found(core, in); }
};

void download_from_peers(Core& core) {
  for (auto& [link, peer] : core.peers.all()) {
    if (!peer.ready()) continue;
    Torrent& t = *core.torrents.find(peer.torrent);
    check_stall(core, t, peer);
    update_interest(core, t, peer);
    fill_requests(core, t, peer);
  }
}

/// What follows from any input: everything that is due now.
void settle(Core& core) {
  core.wake = {base::kNever, WakeReason::none};
  check_links(core);
  reap_peers(core);
  for (auto& [id, t] : core.torrents.all()) check_suspects(core, t);
  run_announcer(core);
  check_jobs(core);
  run_sourcing(core);
  run_choking(core);
  download_from_peers(core);
  pump_uploads(core);
  reap_peers(core);
  for (auto& [link, peer] : core.peers.all()) flush(core, peer);
}

}  // namespace

Engine::Engine(const Config& config) : core_(std::make_unique<Core>(config)) {}
Engine::~Engine() = default;
Engine::Engine(Engine&&) noexcept = default;
Engine& Engine::operator=(Engine&&) noexcept = default;

void Engine::handle(base::Instant now, const Input& input) {
  SKEP_ASSERT(now >= core_->now);
  SKEP_ASSERT(core_->out.empty());
  core_->now = now;
  std::visit(Dispatch{*core_}, input);
  settle(*core_);
}

std::optional<Output> Engine::poll() { return core_->out.pop(); }

Wakeup Engine::next_wakeup() const {
  if (!core_->out.empty()) return {core_->now, WakeReason::output_pending};
  return core_->wake;
}

Census Engine::census() const {
  check_books(*core_);
  return take_census(*core_);
}

}  // namespace skep::engine
