/// matchmaker.hpp: whom to introduce to whom: pure choices over a swarm's members.
/// CONTRACT  pure but for the generator that is passed in; returns indices into `members`, each
///           once, never the asker's.
/// WHY       a swarm may have 50,000 members and an announce comes every few microseconds: choices
///           probe a bounded number of members, all of them only in small swarms.
/// LIMITS    kProbesMax.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/rng.hpp"
#include "tracker/swarm_registry.hpp"

namespace skep::tracker {

/// Members looked at for one choice: eight for each of the 50 candidates of the largest reply.
inline constexpr std::size_t kProbesMax = 400;
/// Members looked at for candidates even when enough were found before: among them may be nearer
/// ones. A swarm of that size is looked through completely.
inline constexpr std::size_t kProbesMin = 128;

/// Up to `want` peers for stock offers: uniformly random.
std::vector<std::uint32_t> choose_for_offers(std::span<const Member> members,
                                             const crypto::PeerId& asker, std::size_t want,
                                             base::Rng& rng);

/// Up to `want` candidates, best first: ours before stock clients (whom a targeted offer reaches
/// like any other), of these the nearest, of the equally near seeding peers and others in turn,
/// seeding first: the former have everything, the latter have room and give back. Otherwise random.
/// A seeding asker has no use for seeding peers.
std::vector<std::uint32_t> choose_candidates(std::span<const Member> members, const Member& asker,
                                             std::size_t want, base::Rng& rng);

}  // namespace skep::tracker
