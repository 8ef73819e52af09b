/// claims.hpp: visitors who arrive together divide the origin's bytes among themselves.
/// CONTRACT  a claim is a hint and never a promise: a wrong one costs time or origin bytes, never
///           correctness. Our own claims are what our HTTP requests cover, and are not stored.
/// WHY       rendezvous hashing lets everybody agree on who starts without a word; the message
///           settles what the agreement could not know.
/// SPEC      docs/formats/engine.md "Claims"; wire/extension.hpp for the message.
///           What is heard is told on once, so that visitors who are not connected divide, too.
/// LIMITS    kSwarmClaimsMax for each torrent, kPeerClaimsMax of them told by one peer.
#pragma once

#include <optional>

#include "engine/core.hpp"

namespace skep::engine {

/// Who goes first for a segment: the highest score does. The same number everywhere.
std::uint64_t claim_score(const crypto::PeerId& peer, const crypto::Digest256& root,
                          std::uint32_t segment);

/// How many connected visitors who want bytes now, and lack this segment, go before us.
std::uint32_t claim_rank(const Core& core, const Torrent& torrent, FileIndex file,
                         std::uint32_t segment);
/// Connected visitors of this torrent who want bytes now, from HTTP or peers.
std::uint32_t crowd_of(const Core& core, const Torrent& torrent);
/// Whether any connected peer understands claims.
bool any_skep_peer(const Core& core, const Torrent& torrent);

/// When the last sign came that somebody is fetching this segment over HTTP, or just did; nothing
/// when nobody is.
std::optional<base::Instant> claimed_since(const Core& core, const Torrent& torrent, FileIndex file,
                                           std::uint32_t segment);

/// Tells all peers that a request covers its segments.
void tell_claims(Core& core, const Torrent& torrent, HttpJob& job);
/// Tells them again when it is time.
void refresh_claims(Core& core, const Torrent& torrent, HttpJob& job);
/// Tells them that it is over, or will end before `from`.
void tell_end(Core& core, const Torrent& torrent, const HttpJob& job, std::uint64_t from);
/// Tells a new peer about everything we claim, and what we heard.
void tell_all_claims(Core& core, const Torrent& torrent, Peer& peer);
/// A peer's `skep` message. A malformed one dooms the peer.
void take_claims(Core& core, Torrent& torrent, Peer& peer, ByteView payload);
/// A peer got a piece: its claim on that segment is alive.
void note_progress(Core& core, Torrent& torrent, const Peer& peer, std::uint32_t piece);
/// A peer left: what it was fetching is void.
void forget_claims(Core& core, Torrent& torrent, LinkId link);

}  // namespace skep::engine
