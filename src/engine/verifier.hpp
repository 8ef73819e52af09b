/// verifier.hpp: is a piece that peers delivered what the publisher signed, and if not, who lied?
/// CONTRACT  one sender: it is named at once. Several: the piece's leaf hashes are asked from a
///           peer (BEP 52 hash request), proven against the piece layer, and name the bad blocks;
///           the piece itself is fetched again meanwhile, and its good bytes name them as well.
/// LIMITS    kSuspectsMax for each torrent, each for kSuspectLife.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

/// A piece has all of its blocks: delivers it, or finds out who sent a bad one.
void finish_assembly(Core& core, Torrent& torrent, std::uint32_t piece);
/// The good bytes of a piece are known: blames whoever sent others.
void resolve_suspect(Core& core, Torrent& torrent, std::uint32_t piece, ByteView good);
/// A peer answered a hash request.
void take_hashes(Core& core, Torrent& torrent, Peer& peer, const wire::Hashes& message);
/// Drops suspects that nobody could explain.
void check_suspects(Core& core, Torrent& torrent);

}  // namespace skep::engine
