/// http_planner.hpp: which ranges of a file to ask the origin for now, given how far HTTP may
/// reach. CONTRACT  starts requests within the parallel limits; honours claims unless urgent. SPEC
/// docs/formats/engine.md "Sources", "Claims". LIMITS    kJobsPerFileMax requests for one file at a
/// time.
#pragma once

#include <vector>

#include "engine/core.hpp"
#include "engine/hedge.hpp"
#include "engine/http_session.hpp"

namespace skep::engine {

/// Two ranges of one file hide a round trip; more only take turns from other files. In a crowd one:
/// the others' claims have time to arrive.
inline constexpr std::size_t kJobsPerFileMax = 2;

/// Pieces that requests under way will deliver soon enough for this fetch.
std::vector<PieceRun> covered_runs(const Core& core, const Torrent& torrent, const Fetch& fetch);
bool in_runs(const std::vector<PieceRun>& runs, std::uint32_t piece);

/// Starts what may be started for one fetch.
void plan_http(Core& core, Torrent& torrent, Fetch& fetch, const HedgeView& view, Reach reach);

}  // namespace skep::engine
