#include "engine/peer_message.hpp"

#include <algorithm>

#include "engine/claims.hpp"
#include "engine/hash_server.hpp"
#include "engine/http_session.hpp"
#include "engine/metadata_server.hpp"
#include "engine/requests.hpp"
#include "engine/uploads.hpp"
#include "engine/verifier.hpp"
#include "wire/extension.hpp"
#include "wire/metadata_message.hpp"

namespace skep::engine {
namespace {

void gained(Core& core, Torrent& t, Peer& peer) {
  ++t.epoch;
  peer.idle_epoch = 0;
  peer.interest_epoch = 0;
  core.sourcing_due = true;
}

void take_bitfield(Core& core, Torrent& t, Peer& peer, base::Bitfield has, bool first) {
  // A peer that joined by a magnet link can say what it has only once it knows the info dictionary.
  if (!first && has.none() && peer.has.none()) return;
  if (!first && !peer.has.none()) {
    peer.doomed = CloseReason::protocol_error;
    return;
  }
  SKEP_ASSERT(!peer.snubbed);  // it is its first message
  t.availability.remove(peer.has);
  peer.has = std::move(has);
  t.availability.add(peer.has);
  gained(core, t, peer);
}

void take_have(Core& core, Torrent& t, Peer& peer, std::uint32_t piece) {
  if (piece >= t.map.piece_count()) {
    peer.doomed = CloseReason::protocol_error;
    return;
  }
  if (!peer.has.set(piece)) return;
  if (!peer.snubbed) t.availability.add(piece);
  note_progress(core, t, peer, piece);
  peer.last_claim = core.now;  // it takes part: who gets pieces wants more
  if (t.have.test(piece)) return;
  peer.idle_epoch = 0;
  peer.interest_epoch = 0;
  // A piece nobody had until now may change what HTTP should do; more copies hardly do.
  if (t.availability.of(piece) == 1) core.sourcing_due = true;
}

/// BEP 54: what it was asked for of that piece, somebody else will deliver.
void take_dont_have(Core& core, Torrent& t, Peer& peer, ByteView payload) {
  const auto piece = wire::decode_dont_have(payload);
  if (!piece || *piece >= t.map.piece_count()) {
    peer.doomed = CloseReason::protocol_error;
    return;
  }
  if (!peer.has.set(*piece, false)) return;
  if (!peer.snubbed) t.availability.remove(*piece);
  release_piece(t, peer, *piece);
  gained(core, t, peer);
}

void take_extension_handshake(Core& core, Torrent& t, Peer& peer, ByteView payload) {
  const auto theirs = wire::decode_extension_handshake(payload);
  if (!theirs) {
    peer.doomed = CloseReason::protocol_error;
    return;
  }
  if (theirs->reqq) peer.reqq = std::max<std::uint32_t>(1, *theirs->reqq);
  peer.dont_have_id = theirs->dont_have;
  peer.metadata_id = theirs->metadata;
  peer.run_max = std::min<std::uint32_t>(theirs->run.value_or(0), base::kRunMax);
  const bool known = peer.skep_id.has_value();
  peer.skep_id = theirs->skep;
  if (known || !peer.skep_id) return;
  trim_jobs(core, t);
  tell_all_claims(core, t, peer);
}

void take_extended(Core& core, Torrent& t, Peer& peer, const wire::Extended& message) {
  if (message.id == 0) return take_extension_handshake(core, t, peer, message.payload);
  if (message.id == wire::kSkepExtensionId) return take_claims(core, t, peer, message.payload);
  if (message.id == wire::kDontHaveExtensionId) take_dont_have(core, t, peer, message.payload);
  if (message.id == wire::kMetadataExtensionId) take_metadata(core, t, peer, message.payload);
}

void take_choke(Core& core, Torrent& t, Peer& peer) {
  peer.choking_us = true;
  core.sourcing_due = true;
  // Without BEP 6 a choke drops every request; with it each one is rejected by itself.
  if (!peer.fast) release_requests(core, t, peer, false);
}

void take_unchoke(Core& core, Torrent& t, Peer& peer) {
  if (peer.choking_us) peer.unchoked_at = core.now;
  peer.choking_us = false;
  peer.idle_epoch = 0;
  core.sourcing_due = true;
  (void)t;
}

void take_interest(Core& core, Peer& peer, bool interested) {
  if (peer.interested == interested) return;
  peer.interested = interested;
  core.choking_due = true;
}

struct Taker {
  Core& core;
  Torrent& t;
  Peer& peer;
  bool first;

  void operator()(const wire::KeepAlive&) const {}
  void operator()(const wire::Choke&) const { take_choke(core, t, peer); }
  void operator()(const wire::Unchoke&) const { take_unchoke(core, t, peer); }
  void operator()(const wire::Interested&) const { take_interest(core, peer, true); }
  void operator()(const wire::NotInterested&) const { take_interest(core, peer, false); }
  void operator()(const wire::Have& m) const { take_have(core, t, peer, m.piece); }
  void operator()(const wire::Bitfield& m) const {
    auto bits = base::Bitfield::decode(m.bits, t.map.piece_count());
    if (!bits) {
      peer.doomed = CloseReason::protocol_error;
      return;
    }
    take_bitfield(core, t, peer, std::move(*bits), first);
  }
  void operator()(const wire::HaveAll&) const {
    base::Bitfield all(t.map.piece_count());
    all.set_all();
    take_bitfield(core, t, peer, std::move(all), first);
  }
  void operator()(const wire::HaveNone&) const {
    take_bitfield(core, t, peer, base::Bitfield(t.map.piece_count()), first);
  }
  void operator()(const wire::Request& m) const { take_request(core, t, peer, m.block); }
  void operator()(const wire::Cancel& m) const { take_cancel(core, peer, m.block); }
  void operator()(const wire::Piece& m) const { take_blocks(core, t, peer, m); }
  void operator()(const wire::Reject& m) const { take_reject(core, t, peer, m.block); }
  void operator()(const wire::Extended& m) const { take_extended(core, t, peer, m); }
  void operator()(const wire::HashRequest& m) const { serve_hashes(core, t, peer, m.range); }
  void operator()(const wire::Hashes& m) const { take_hashes(core, t, peer, m); }
  void operator()(const wire::HashReject&) const {}  // the suspect's time runs out
  void operator()(const wire::Suggest&) const {}     // hints that we do not take
  void operator()(const wire::AllowedFast&) const {}
  void operator()(const wire::Unknown&) const {}
};

}  // namespace

void take_message(Core& core, Torrent& t, Peer& peer, const wire::Message& message) {
  if (std::holds_alternative<wire::KeepAlive>(message)) return;
  // BEP 3 wants the bitfield first; the extension handshake may stand before it (BEP 10).
  const bool first = !peer.spoke;
  if (!std::holds_alternative<wire::Extended>(message)) peer.spoke = true;
  std::visit(Taker{core, t, peer, first}, message);
}

void greet(Core& core, Torrent& t, Peer& peer) {
  if (peer.extensions) {
    const Bytes payload = wire::our_extension_handshake(t.meta.info.raw.size());
    send(core, peer, wire::Extended{0, payload});
  }
  // The bitfield goes second only because BEP 10 allows it; both are in one LinkSend anyway.
  peer.shown = core.policy.upload;
  if (peer.fast && (t.have.none() || !peer.shown)) {
    send(core, peer, wire::HaveNone{});
  } else if (peer.fast && t.have.all()) {
    send(core, peer, wire::HaveAll{});
  } else if (!t.have.none() && peer.shown) {
    send(core, peer, wire::Bitfield{t.have.bytes()});
  }
  core.choking_due = true;
}

}  // namespace skep::engine
