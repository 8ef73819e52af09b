#include "engine/announcer.hpp"

#include <algorithm>

namespace skep::engine {
namespace {

/// Candidates asked for in one announce.
constexpr std::uint32_t kWantMax = 30;
/// Fewer peers than this, with fetches open, are worth an early announce,
constexpr std::size_t kPeersFew = 3;
/// no sooner than this after the last one; doubles while it brings nobody new.
constexpr base::Duration kSearchPause = base::seconds(5);
constexpr std::uint32_t kSearchDoublings = 5;
/// What a tracker may tell us to wait.
constexpr std::uint32_t kIntervalMin = 30;
constexpr std::uint32_t kIntervalMax = 3600;
/// An announce without an answer counts as lost after that.
constexpr base::Duration kAnswerMax = base::seconds(15);
/// And delays a fetch no longer than that.
constexpr base::Duration kAnswerSoon = base::seconds(2);
/// How long a dial counts as "a peer may be about to appear"; ICE takes about half a second.
constexpr base::Duration kDialSoon = base::seconds(2);

std::size_t links_of(const Core& core, TorrentId id) {
  return static_cast<std::size_t>(
      std::count_if(core.peers.all().begin(), core.peers.all().end(),
                    [&](const auto& entry) { return entry.second.torrent == id; }));
}
std::size_t dialled_links(const Core& core) {
  return static_cast<std::size_t>(
      std::count_if(core.peers.all().begin(), core.peers.all().end(),
                    [&](const auto& entry) { return entry.second.dial != DialId{}; }));
}

bool fetching(const Core& core, const Torrent& t) {
  const auto& order = core.fetches.by_need();
  return std::any_of(order.begin(), order.end(),
                     [&](FetchId id) { return core.fetches.find(id)->torrent == t.id; });
}

void announce(Core& core, Torrent& t, Announce::Event event) {
  AnnounceState& a = t.announce;
  Announce message;
  message.torrent = t.id;
  message.event = event;
  message.uploaded = core.totals.uploaded;
  message.downloaded = core.totals.from_peers;
  message.left = t.bytes_left();
  const bool room = core.peers.size() < core.config.links_max && message.left > 0;
  message.want = room && event != Announce::Event::stopped ? kWantMax : 0;
  core.say(message);
  a.awaiting = message.want > 0;
  a.last = core.now;
  a.answered_until = core.now + kAnswerSoon;
  a.next = core.now + base::seconds(120);
}

base::Duration search_pause(const AnnounceState& a) {
  return kSearchPause * (std::int64_t{1} << std::min(a.searches, kSearchDoublings));
}

void announce_if_due(Core& core, Torrent& t) {
  AnnounceState& a = t.announce;
  if (!a.started) {
    a.started = true;
    return announce(core, t, Announce::Event::started);
  }
  if (a.awaiting && core.now >= a.last + kAnswerMax) a.awaiting = false;
  if (!a.completed && t.have.all()) {
    a.completed = true;
    return announce(core, t, Announce::Event::completed);
  }
  if (core.now >= a.next) return announce(core, t, Announce::Event::none);
  core.wake_at(a.next, WakeReason::announce);
  const std::size_t near = links_of(core, t.id) + core.candidates.dialling(t.id);
  if (a.awaiting || near >= kPeersFew || !fetching(core, t)) return;
  const base::Instant due = a.last + search_pause(a);
  if (core.now < due) return core.wake_at(due, WakeReason::announce);
  ++a.searches;
  announce(core, t, Announce::Event::none);
}

void dial_if_due(Core& core, Torrent& t) {
  auto& list = core.candidates.of(t.id);
  for (Candidate& c : list) {
    if (c.dial != DialId{} && core.now >= c.give_up_at) {
      core.candidates.failed(core.now, c.dial);
      return dial_if_due(core, t);  // the list may have changed
    }
    if (c.dial != DialId{}) core.wake_at(c.give_up_at, WakeReason::dial_timeout);
  }
  if (t.have.all()) return;  // who needs nothing waits to be dialled
  for (Candidate& c : list) {
    const std::size_t busy = core.candidates.dialling();
    const bool room = core.peers.size() + busy < core.config.links_max &&
                      dialled_links(core) + busy < std::max(1U, core.config.links_max / 2);
    if (!room || busy >= kDialsAtOnceMax) return;
    if (c.dial != DialId{} || core.peers.find(t.id, c.id) != nullptr) continue;
    if (core.now < c.not_before) {
      core.wake_at(c.not_before, WakeReason::announce);
      continue;
    }
    c.dial = core.candidates.next_dial();
    c.give_up_at = core.now + core.config.dial_timeout;
    core.say(Dial{c.dial, t.id, c.id});
    core.wake_at(c.give_up_at, WakeReason::dial_timeout);
  }
}

}  // namespace

void on_announce_reply(Core& core, const AnnounceReply& input) {
  Torrent* t = core.torrents.find(input.torrent);
  if (t == nullptr) return;
  AnnounceState& a = t->announce;
  a.awaiting = false;
  const std::uint32_t interval = std::clamp(input.interval_s, kIntervalMin, kIntervalMax);
  a.next = core.now + base::seconds(interval);
  const std::size_t before = core.candidates.of(t->id).size();
  for (const crypto::PeerId& id : input.candidates)
    if (id != core.config.peer_id) core.candidates.add(t->id, id);
  if (core.candidates.of(t->id).size() > before) a.searches = 0;
  core.sourcing_due = true;
}

void on_dial_failed(Core& core, const DialFailed& input) {
  core.candidates.failed(core.now, input.dial);
  core.sourcing_due = true;
}

void run_announcer(Core& core) {
  if (!core.policy.use_peers) return;
  for (auto& [id, t] : core.torrents.all()) {
    if (core.tracker_up) announce_if_due(core, t);
    dial_if_due(core, t);
  }
}

bool connecting(const Core& core, const Torrent& t) {
  if (!core.policy.use_peers) return false;
  const AnnounceState& a = t.announce;
  if (core.tracker_up && a.awaiting && core.now < a.answered_until) return true;
  for (const auto& [link, peer] : core.peers.all())
    if (peer.torrent == t.id && !peer.doomed && !peer.spoke &&
        core.now < peer.opened_at + kDialSoon)
      return true;
  const auto at = core.candidates.all().find(t.id);
  if (at == core.candidates.all().end()) return false;
  return std::any_of(at->second.begin(), at->second.end(), [&](const Candidate& c) {
    const bool dialled =
        c.dial != DialId{} && core.now < c.give_up_at - core.config.dial_timeout + kDialSoon;
    const bool next =
        c.dial == DialId{} && c.failures == 0 && core.now >= c.not_before && core.peers.size() == 0;
    return dialled || next;
  });
}

void announce_stop(Core& core, Torrent& t) {
  if (t.announce.started && core.tracker_up) announce(core, t, Announce::Event::stopped);
  t.announce = {};
}

}  // namespace skep::engine
