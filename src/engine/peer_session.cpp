#include "engine/peer_session.hpp"

#include <algorithm>

#include "engine/claims.hpp"
#include "engine/eviction.hpp"
#include "engine/http_session.hpp"
#include "engine/peer_message.hpp"
#include "engine/requests.hpp"
#include "wire/handshake.hpp"

namespace skep::engine {
namespace {

/// A first guess: a piece. Who is slow and has five like us waiting needs a second for that; with
/// who is not it doubles each round trip.
constexpr std::uint32_t kFirstDepth = 4;
/// Links are left alone that long, whatever goes over them.
constexpr base::Duration kIdleMin = base::seconds(30);
/// Control messages wait in the host's buffer with the blocks; a peer that reads none is cut here.
constexpr std::uint64_t kBufferedMax = 4 * base::kLinkSendBufferMax;

void refuse(Core& core, const LinkOpened& input, CloseReason reason) {
  core.say(LinkClose{input.link, input.peer, reason});
}

/// Two links to one peer: both sides must keep the same one. The one that the lower peer id dialled
/// stays; of two in the same direction the older.
bool keep_new(const Core& core, const Peer& old, const LinkOpened& fresh) {
  const bool old_ours = old.dial != DialId{};
  const bool new_ours = fresh.dial != DialId{};
  if (old_ours == new_ours) return false;
  const bool we_are_lower = core.config.peer_id < fresh.peer;
  return new_ours == we_are_lower;
}

/// Nothing was asked for over it lately, by either side, and nothing will be soon.
bool idle(const Core& core, const Peer& peer) {
  return !peer.interested && !peer.we_interested && peer.uploads.empty() &&
         peer.in_flight.empty() && core.now - peer.opened_at >= kIdleMin;
}

/// Makes room for a newcomer. Links are in the order of their opening. REQUIRES nobody doomed.
void evict_idle(Core& core) {
  Peer* far = nullptr;
  for (auto& [link, peer] : core.peers.all())
    if (idle(core, peer) &&
        (far == nullptr || distance_of(peer.rtt_min_us) > distance_of(far->rtt_min_us)))
      far = &peer;
  if (far == nullptr) return;
  far->doomed = CloseReason::done;
  reap_peers(core);
}

bool admit(Core& core, const LinkOpened& input) {
  if (core.torrents.find(input.torrent) == nullptr || !core.policy.use_peers) {
    refuse(core, input, CloseReason::done);
    return false;
  }
  if (core.candidates.banned(input.peer)) {
    refuse(core, input, CloseReason::banned);
    return false;
  }
  if (input.peer == core.config.peer_id) {
    refuse(core, input, CloseReason::duplicate);
    return false;
  }
  if (Peer* old = core.peers.find(input.torrent, input.peer)) {
    if (!keep_new(core, *old, input)) {
      refuse(core, input, CloseReason::duplicate);
      return false;
    }
    old->doomed = CloseReason::duplicate;
    reap_peers(core);
  }
  const std::size_t links_max = std::min<std::size_t>(core.config.links_max, base::kLinksMax);
  if (core.peers.size() >= links_max) evict_idle(core);
  if (core.peers.size() >= links_max) {
    refuse(core, input, CloseReason::too_many);
    return false;
  }
  return true;
}

void send_handshake(Core& core, Peer& peer, const crypto::ShortHash& info_hash) {
  wire::Handshake ours;
  ours.info_hash = info_hash;
  ours.peer_id = core.config.peer_id;
  wire::encode(peer.outbox, ours);
  peer.greeted = true;
}

void take_handshake(Core& core, Torrent& t, Peer& peer, const wire::Handshake& theirs) {
  if (!t.named_by(theirs.info_hash)) {
    peer.doomed = CloseReason::wrong_torrent;
  } else if (theirs.peer_id == core.config.peer_id) {
    peer.doomed = CloseReason::duplicate;
  } else if (theirs.peer_id != peer.id) {
    peer.doomed = CloseReason::protocol_error;  // another one than the tracker introduced
  }
  if (peer.doomed) return;
  if (!peer.greeted) send_handshake(core, peer, theirs.info_hash);
  peer.handshaken = true;
  peer.v2 = theirs.v2 || theirs.info_hash != t.v1;  // who calls it by its v2 name needs no bit
  peer.fast = theirs.fast;
  peer.extensions = theirs.extensions;
  greet(core, t, peer);
  core.sourcing_due = true;
}

}  // namespace

void send(Core& core, Peer& peer, const wire::Message& message) {
  if (!peer.handshaken || peer.doomed) return;
  constexpr std::size_t kFlushAt = 64 * 1024;
  wire::encode(peer.outbox, message);
  if (peer.outbox.size() >= kFlushAt) flush(core, peer);
}

void flush(Core& core, Peer& peer) {
  if (peer.outbox.empty()) return;
  peer.buffered += peer.outbox.size();
  peer.last_sent = core.now;
  core.say(LinkSend{peer.link, std::move(peer.outbox)});
  peer.outbox = {};
}

void on_link_opened(Core& core, const LinkOpened& input) {
  if (Candidate* c = core.candidates.find(input.dial)) {
    c->dial = {};
    c->failures = 0;
  }
  if (core.peers.find(input.link) != nullptr) return;  // the host repeats itself
  if (!admit(core, input)) return;
  Torrent& t = *core.torrents.find(input.torrent);
  Peer& peer = core.peers.add(input.link);
  peer.torrent = input.torrent;
  peer.id = input.peer;
  peer.dial = input.dial;
  peer.opened_at = core.now;
  peer.last_received = core.now;
  peer.last_sent = core.now;
  peer.has = base::Bitfield(t.map.piece_count());
  peer.depth =
      std::clamp(kFirstDepth, core.config.pipeline_min_blocks,
                 std::max(core.config.pipeline_min_blocks, core.config.pipeline_max_blocks));
  // Of a hybrid, everybody who dials is given the name that all understand; who is dialled answers
  // with the name that it was called by.
  if (!t.hybrid())
    send_handshake(core, peer, t.meta.info.short_hash());
  else if (peer.dial != DialId{})
    send_handshake(core, peer, t.v1);
}

void on_link_bytes(Core& core, const LinkBytes& input) {
  Peer* peer = core.peers.find(input.link);
  if (peer == nullptr || peer->doomed) return;
  Torrent& t = *core.torrents.find(peer->torrent);
  peer->last_received = core.now;
  peer->decoder.feed(input.bytes);
  while (!peer->doomed) {
    const auto item = peer->decoder.next();
    if (!item) {
      peer->doomed = CloseReason::protocol_error;
      break;
    }
    if (!item->has_value()) break;
    if (const auto* handshake = std::get_if<wire::Handshake>(&**item)) {
      take_handshake(core, t, *peer, *handshake);
    } else {
      take_message(core, t, *peer, std::get<wire::Message>(**item));
    }
  }
}

void on_link_drained(Core& core, const LinkDrained& input) {
  Peer* peer = core.peers.find(input.link);
  if (peer != nullptr) peer->buffered = input.buffered_bytes;
}

void on_link_closed(Core& core, const LinkClosed& input) { forget_peer(core, input.link); }

void forget_peer(Core& core, LinkId link) {
  Peer* peer = core.peers.find(link);
  if (peer == nullptr) return;
  Torrent& t = *core.torrents.find(peer->torrent);
  release_requests(core, t, *peer, false);
  for (auto& [piece, a] : t.assemblies)
    if (a.owner == link) a.owner = {};
  for (auto& [piece, s] : t.suspects)
    if (s.asked == link) s.asked = {};
  if (!peer->snubbed) t.availability.remove(peer->has);
  forget_claims(core, t, link);
  ++t.epoch;
  core.sourcing_due = true;
  core.choking_due = true;
  core.peers.remove(link);
}

void reap_peers(Core& core) {
  std::vector<LinkId> doomed;
  for (const auto& [link, peer] : core.peers.all())
    if (peer.doomed) doomed.push_back(link);
  for (const LinkId link : doomed) {
    const Peer& peer = *core.peers.find(link);
    core.say(LinkClose{link, peer.id, *peer.doomed});
    if (*peer.doomed == CloseReason::protocol_error || *peer.doomed == CloseReason::wrong_torrent)
      core.candidates.remove(peer.torrent, peer.id);
    forget_peer(core, link);
  }
}

void check_links(Core& core) {
  for (auto& [link, peer] : core.peers.all()) {
    if (peer.doomed) continue;
    const base::Instant silent = peer.handshaken ? peer.last_received + core.config.link_silence_max
                                                 : peer.opened_at + kHandshakeMax;
    if (core.now >= silent || peer.buffered > kBufferedMax) {
      peer.doomed = CloseReason::timed_out;
      continue;
    }
    core.wake_at(silent, WakeReason::keep_alive);
    if (!peer.handshaken) continue;
    // Two who have everything are no use to each other. A message or a timer will look again.
    if (idle(core, peer) && peer.has.all() && core.torrents.find(peer.torrent)->have.all()) {
      peer.doomed = CloseReason::done;
      continue;
    }
    if (core.now >= peer.last_sent + core.config.keep_alive && peer.outbox.empty())
      send(core, peer, wire::KeepAlive{});
    const base::Instant last = peer.outbox.empty() ? peer.last_sent : core.now;
    core.wake_at(last + core.config.keep_alive, WakeReason::keep_alive);
  }
}

}  // namespace skep::engine
