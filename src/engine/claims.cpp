#include "engine/claims.hpp"

#include <algorithm>

#include "engine/http_session.hpp"
#include "wire/extension.hpp"

namespace skep::engine {
namespace {

/// A claim without a sign of life for that long is void.
constexpr base::Duration kClaimLife = base::seconds(10);
/// Who opened a link or claimed something so recently is taking part.
constexpr base::Duration kActiveLife = base::seconds(5);

std::uint64_t mix(std::uint64_t x) {  // the finaliser of splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9U;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebU;
  return x ^ (x >> 31);
}
std::uint64_t fold(std::uint64_t seed, ByteView bytes) {
  for (const base::Byte b : bytes) seed = mix(seed * 31 + b);
  return seed;
}

bool lacks(const Peer& peer, PieceRun run) {
  for (std::uint32_t p = run.first; p < run.end; ++p)
    if (!peer.has.test(p)) return true;
  return false;
}

bool taking_part(const Core& core, const Peer& peer) {
  if (!peer.skep_id || !peer.ready() || peer.has.all()) return false;
  return peer.interested || core.now - peer.opened_at < kActiveLife ||
         (peer.last_claim > base::Instant{} && core.now - peer.last_claim < kActiveLife);
}

std::vector<wire::Claim> claims_of(const Torrent& t, const HttpJob& job, bool active) {
  std::vector<wire::Claim> claims;
  if (job.next >= job.limit) return claims;
  const PieceRun run = t.run_of(job.file, job.next, job.limit);
  for (std::uint32_t s = t.segment_of(run.first); s <= t.segment_of(run.end - 1); ++s) {
    if (claims.size() == wire::kClaimsMax) break;
    claims.push_back({job.file, s, active});
  }
  return claims;
}

void tell(Core& core, Peer& peer, const std::vector<wire::Claim>& claims) {
  if (claims.empty() || !peer.skep_id || !peer.ready()) return;
  const Bytes payload = wire::encode_claims(claims);
  send(core, peer, wire::Extended{*peer.skep_id, payload});
}

/// Somebody claims what we are fetching: one of us stops.
void settle_rivalry(Core& core, Torrent& t, const Peer& peer, const wire::Claim& claim) {
  const crypto::Digest256& root = t.meta.info.file(claim.file).root;
  if (claim_score(core.config.peer_id, root, claim.segment) >
      claim_score(peer.id, root, claim.segment))
    return;
  const PieceRun run = t.segment_run(claim.file, claim.segment);
  for (auto& [id, job] : core.https.all()) {
    if (job.torrent != t.id || job.file != claim.file || job.urgency == Urgency::urgent) continue;
    if (job.next >= job.limit) continue;
    const PieceRun ours = t.run_of(job.file, job.next, job.limit);
    if (ours.end <= run.first || ours.first >= run.end) continue;
    const std::uint64_t half = (job.limit - job.asked_begin) / 2;
    if (ours.first >= run.first && job.at >= job.asked_begin + half) return;  // nearly done: go on
    return yield_job(core, t, id, t.offset_of(run.first));
  }
}

}  // namespace

std::uint64_t claim_score(const crypto::PeerId& peer, const crypto::Digest256& root,
                          std::uint32_t segment) {
  const std::uint64_t place = fold(fold(0x736b6570, root.view().first(8)), {});
  return mix(fold(1, peer.view()) ^ mix(place + segment));
}

std::uint32_t claim_rank(const Core& core, const Torrent& t, FileIndex file,
                         std::uint32_t segment) {
  const crypto::Digest256& root = t.meta.info.file(file).root;
  const PieceRun run = t.segment_run(file, segment);
  const std::uint64_t ours = claim_score(core.config.peer_id, root, segment);
  std::uint32_t rank = 0;
  for (const auto& [link, peer] : core.peers.all()) {
    if (peer.torrent != t.id || !taking_part(core, peer) || !lacks(peer, run)) continue;
    if (claim_score(peer.id, root, segment) > ours) ++rank;
  }
  return rank;
}

std::uint32_t crowd_of(const Core& core, const Torrent& t) {
  std::uint32_t n = 0;
  for (const auto& [link, peer] : core.peers.all())
    n += peer.torrent == t.id && taking_part(core, peer) ? 1U : 0U;
  return n;
}

bool any_skep_peer(const Core& core, const Torrent& t) {
  return std::any_of(core.peers.all().begin(), core.peers.all().end(), [&](const auto& entry) {
    const Peer& peer = entry.second;
    return peer.torrent == t.id && peer.ready() && peer.skep_id && !peer.has.all();
  });
}

std::optional<base::Instant> claimed_since(const Core& core, const Torrent& t, FileIndex file,
                                           std::uint32_t segment) {
  std::optional<base::Instant> newest;
  for (const auto& [link, peer] : core.peers.all()) {
    if (peer.torrent != t.id || !peer.ready()) continue;
    for (const PeerClaim& c : peer.claims) {
      if (c.file != file || c.segment != segment || core.now - c.progress >= kClaimLife) continue;
      if (!newest || c.progress > *newest) newest = c.progress;
    }
  }
  return newest;
}

void tell_claims(Core& core, const Torrent& t, const HttpJob& job, bool active) {
  const std::vector<wire::Claim> claims = claims_of(t, job, active);
  for (auto& [link, peer] : core.peers.all())
    if (peer.torrent == t.id) tell(core, peer, claims);
}

void tell_all_claims(Core& core, const Torrent& t, Peer& peer) {
  for (const auto& [id, job] : core.https.all())
    if (job.torrent == t.id) tell(core, peer, claims_of(t, job, true));
}

void take_claims(Core& core, Torrent& t, Peer& peer, ByteView payload) {
  const auto claims = wire::decode_claims(payload);
  if (!claims) {
    peer.doomed = CloseReason::protocol_error;
    return;
  }
  peer.last_claim = core.now;
  for (const wire::Claim& claim : *claims) {
    if (claim.file.value >= t.files.size() || claim.segment >= t.segments_in(claim.file)) {
      peer.doomed = CloseReason::protocol_error;
      return;
    }
    std::erase_if(peer.claims, [&](const PeerClaim& c) {
      return (c.file == claim.file && c.segment == claim.segment) ||
             core.now - c.progress >= kClaimLife;
    });
    if (!claim.active || peer.claims.size() >= kPeerClaimsMax) continue;
    peer.claims.push_back({claim.file, claim.segment, core.now, core.now});
    settle_rivalry(core, t, peer, claim);
  }
  core.sourcing_due = true;
}

void note_progress(Core& core, const Torrent& t, Peer& peer, std::uint32_t piece) {
  if (peer.claims.empty()) return;
  const FileIndex file = t.locate(piece).file;
  const std::uint32_t segment = t.segment_of(piece);
  for (PeerClaim& c : peer.claims)
    if (c.file == file && c.segment == segment) c.progress = core.now;
}

}  // namespace skep::engine
