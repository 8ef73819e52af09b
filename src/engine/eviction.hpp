/// eviction.hpp: when the link table is full, which idle link makes room for a newcomer?
/// CONTRACT  pure. Of the idle links the one at the greatest distance leaves, of equals the older.
/// WHY       the tracker orders candidates by network prefix, which is a guess about distance;
///           what was measured since is better. The nearest stay, whoever introduced them; the
///           tracker is told nothing of it.
/// SPEC      docs/formats/engine.md "Links".
#pragma once

#include <cstdint>

namespace skep::engine {

/// By the smallest time from a request to its block; 0, never measured: farther than any, because
/// it never gave us anything.
inline std::uint64_t distance_of(std::uint64_t rtt_min_us) { return rtt_min_us - 1; }

}  // namespace skep::engine
