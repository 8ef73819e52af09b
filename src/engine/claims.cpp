#include "engine/claims.hpp"

#include <algorithm>

#include "engine/http_session.hpp"
#include "wire/extension.hpp"

namespace skep::engine {
namespace {

/// A claim without a sign of life for that long is void.
constexpr base::Duration kClaimLife = base::seconds(10);
/// What was done is on its way through the crowd: nobody fetches it again for that long. Two
/// hundred who each have 5 Mbit/s need 12 s for what one of them fetched.
constexpr base::Duration kDoneLife = base::seconds(20);
/// Told again so often: who is not our peer sees no other sign of life.
constexpr base::Duration kClaimRefresh = base::seconds(4);
/// However often it is told again, a segment does not take longer. Until then a claim is remembered
/// even when it is void: what goes round late must not look like news.
constexpr base::Duration kClaimAgeMax = base::seconds(40);
/// Claims with an older sign are not worth telling a new peer.
constexpr base::Duration kClaimFresh = base::seconds(5);
/// Who gave up may claim again after that; sooner it is an echo.
constexpr base::Duration kClaimEcho = base::seconds(1);
/// Who opened a link, got a piece or claimed something so recently is taking part.
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

using wire::ClaimState;

bool alive(const Core& core, const SwarmClaim& c) {
  if (c.state == ClaimState::done) return core.now - c.sign < kDoneLife;
  return c.state == ClaimState::active && core.now - c.sign < kClaimLife;
}

/// The segments that [begin, end) of a file touches.
std::vector<wire::Claim> claims_of(const Torrent& t, FileIndex file, std::uint64_t begin,
                                   std::uint64_t end, ClaimState state) {
  std::vector<wire::Claim> claims;
  if (begin >= end) return claims;
  const PieceRun run = t.run_of(file, begin, end);
  for (std::uint32_t s = t.segment_of(run.first); s <= t.segment_of(run.end - 1); ++s) {
    if (claims.size() == wire::kClaimsMax) break;
    claims.push_back({file, s, state, 0});
  }
  return claims;
}

bool has_all(const Torrent& t, PieceRun run) {
  for (std::uint32_t p = run.first; p < run.end; ++p)
    if (!t.have.test(p)) return false;
  return true;
}

void tell(Core& core, Peer& peer, const std::vector<wire::Claim>& claims) {
  if (claims.empty() || !peer.skep_id || !peer.ready()) return;
  const Bytes payload = wire::encode_claims(claims);
  send(core, peer, wire::Extended{*peer.skep_id, payload});
}

void tell_everybody(Core& core, const Torrent& t, const std::vector<wire::Claim>& claims,
                    LinkId but) {
  for (auto& [link, peer] : core.peers.all())
    if (peer.torrent == t.id && link != but) tell(core, peer, claims);
}

/// Somebody claims what we are fetching: one of us stops.
void settle_rivalry(Core& core, Torrent& t, const SwarmClaim& claim, std::uint64_t ours_score) {
  if (claim.state == ClaimState::active && ours_score > claim.score) return;
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
  return (mix(fold(1, peer.view()) ^ mix(place + segment)) >> 1) | 1;
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
  for (const SwarmClaim& c : t.claims) {
    if (c.file != file || c.segment != segment || !alive(core, c)) continue;
    if (!newest || c.sign > *newest) newest = c.sign;
  }
  return newest;
}

void tell_claims(Core& core, const Torrent& t, HttpJob& job) {
  job.told_at = core.now;
  if (!core.policy.upload) return;  // nobody will get it from us
  tell_everybody(core, t, claims_of(t, job.file, job.next, job.limit, ClaimState::active), {});
}

void refresh_claims(Core& core, const Torrent& t, HttpJob& job) {
  if (core.now >= job.told_at + kClaimRefresh) tell_claims(core, t, job);
  core.wake_at(job.told_at + kClaimRefresh, WakeReason::claim);
}

void tell_end(Core& core, const Torrent& t, const HttpJob& job, std::uint64_t from) {
  if (!core.policy.upload) return;  // what it would say is that the segment spreads now
  auto claims =
      claims_of(t, job.file, std::max(from, job.asked_begin), job.limit, ClaimState::given_up);
  for (wire::Claim& c : claims)
    if (has_all(t, t.segment_run(c.file, c.segment))) c.state = ClaimState::done;
  tell_everybody(core, t, claims, {});
}

void tell_all_claims(Core& core, const Torrent& t, Peer& peer) {
  for (const auto& [id, job] : core.https.all())
    if (job.torrent == t.id && core.policy.upload)
      tell(core, peer, claims_of(t, job.file, job.next, job.limit, ClaimState::active));
  std::vector<wire::Claim> heard;
  for (const SwarmClaim& c : t.claims) {
    if (heard.size() == wire::kClaimsMax) break;
    if (alive(core, c) && core.now - c.sign < kClaimFresh)
      heard.push_back({c.file, c.segment, c.state, c.score});
  }
  tell(core, peer, heard);
}

enum class Heard : std::uint8_t { nothing_new, sign_of_life, change };

/// Keeps one claim; what is not `nothing_new` is told on.
Heard keep_claim(Core& core, Torrent& t, const SwarmClaim& claim) {
  const auto known = std::find_if(t.claims.begin(), t.claims.end(), [&](const SwarmClaim& c) {
    return c.file == claim.file && c.segment == claim.segment && c.score == claim.score;
  });
  if (known == t.claims.end()) {
    const auto told = std::count_if(t.claims.begin(), t.claims.end(),
                                    [&](const SwarmClaim& c) { return c.teller == claim.teller; });
    const bool full =
        t.claims.size() >= kSwarmClaimsMax || told >= static_cast<std::ptrdiff_t>(kPeerClaimsMax);
    if (claim.state == ClaimState::given_up || full) return Heard::nothing_new;
    t.claims.push_back(claim);
    return Heard::change;
  }
  if (claim.link != LinkId{}) known->link = claim.link;
  const base::Duration quiet = core.now - known->sign;
  if (claim.state == known->state) {
    // It comes round by several ways: only what was not heard lately is a new sign of life.
    const bool refreshed = claim.state == ClaimState::active && quiet >= kClaimRefresh / 4 * 3 &&
                           core.now - known->since < kClaimAgeMax;
    if (!refreshed) return Heard::nothing_new;
    known->sign = core.now;
    return Heard::sign_of_life;
  }
  const bool echo =
      claim.state == ClaimState::active && (known->state == ClaimState::done || quiet < kClaimEcho);
  if (echo || (known->state == ClaimState::done && claim.state == ClaimState::given_up))
    return Heard::nothing_new;
  known->state = claim.state;
  known->sign = core.now;
  return Heard::change;
}

void take_claims(Core& core, Torrent& t, Peer& peer, ByteView payload) {
  const auto claims = wire::decode_claims(payload);
  if (!claims) {
    peer.doomed = CloseReason::protocol_error;
    return;
  }
  std::erase_if(t.claims, [&](const SwarmClaim& c) { return core.now - c.since >= kClaimAgeMax; });
  std::vector<wire::Claim> news;
  for (const wire::Claim& claim : *claims) {
    if (claim.file.value >= t.files.size() || claim.segment >= t.segments_in(claim.file)) {
      peer.doomed = CloseReason::protocol_error;
      return;
    }
    const crypto::Digest256& root = t.meta.info.file(claim.file).root;
    const std::uint64_t ours = claim_score(core.config.peer_id, root, claim.segment);
    const bool its_own = claim.score == 0;
    if (its_own) peer.last_claim = core.now;
    const SwarmClaim kept{claim.file,
                          claim.segment,
                          its_own ? claim_score(peer.id, root, claim.segment) : claim.score,
                          its_own ? peer.link : LinkId{},
                          peer.link,
                          claim.state,
                          core.now,
                          core.now};
    if (kept.score == ours) continue;
    const Heard heard = keep_claim(core, t, kept);
    if (heard == Heard::nothing_new) continue;
    news.push_back({claim.file, claim.segment, claim.state, kept.score});
    const bool rival = heard == Heard::change && claim.state != ClaimState::given_up;
    if (rival) settle_rivalry(core, t, kept, ours);
  }
  if (news.empty()) return;
  tell_everybody(core, t, news, peer.link);
  core.sourcing_due = true;
}

void note_progress(Core& core, Torrent& t, const Peer& peer, std::uint32_t piece) {
  if (t.claims.empty()) return;
  const FileIndex file = t.locate(piece).file;
  const std::uint32_t segment = t.segment_of(piece);
  for (SwarmClaim& c : t.claims)
    if (c.link == peer.link && c.file == file && c.segment == segment) c.sign = core.now;
}

void forget_claims(Core& core, Torrent& t, LinkId link) {
  std::vector<wire::Claim> gone;
  for (SwarmClaim& c : t.claims) {
    if (c.link != link || !alive(core, c) || c.state != ClaimState::active) continue;
    c.state = ClaimState::given_up;
    c.sign = core.now;
    if (gone.size() < wire::kClaimsMax) gone.push_back({c.file, c.segment, c.state, c.score});
  }
  tell_everybody(core, t, gone, link);
}

}  // namespace skep::engine
