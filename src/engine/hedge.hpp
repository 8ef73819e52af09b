/// hedge.hpp: does HTTP join a fetch, and how far does it reach into what peers could deliver?
/// CONTRACT  pure. Looks at one fetch at a time; the caller adds up what stands before it.
/// WHY       the origin is always there, but its bytes are what Skep saves: so peers first while
///           they meet the deadline, even where HTTP would be faster; and never slower than HTTP
///           when they do not.
/// SPEC      docs/formats/engine.md "Sources".
#pragma once

#include <cstdint>

#include "base/time.hpp"
#include "engine/io.hpp"

namespace skep::engine {

/// Crowds smaller than this cannot hurt the origin much.
inline constexpr std::uint32_t kCrowdMin = 3;

struct HedgeView {
  base::Instant now;
  Urgency urgency = Urgency::normal;
  base::Instant started;
  base::Instant deadline;
  base::Duration grace;
  bool use_peers = true;
  bool connecting = false;        ///< a first peer may be about to appear
  bool others_waiting = false;    ///< (prefetch) a fetch that is not prefetch is open
  std::uint64_t missing = 0;      ///< bytes that neither we have nor HTTP is delivering
  std::uint64_t orphans = 0;      ///< of these, bytes that no connected peer has
  bool serving = false;           ///< a peer that has some of it lets us ask
  base::Instant serving_since;    ///< when the first of those began to
  base::Instant last_piece;       ///< when this fetch last got a verified piece; or started
  std::uint64_t bytes_ahead = 0;  ///< missing of this and of all fetches due before it
  std::uint64_t peer_rate = 0;    ///< bytes/s that serving peers deliver to us
  std::uint64_t http_rate = 0;    ///< bytes/s that HTTP would give us: measured, or presumed
  std::uint32_t crowd = 0;        ///< connected visitors who also want bytes now
};

/// Which missing pieces HTTP may take.
enum class Reach : std::uint8_t {
  none = 0,
  orphans = 1,  ///< those that no peer has
  scarce = 2,   ///< and those that only one peer has: good for the whole swarm
  all = 3,
};
struct HedgePlan {
  Reach reach = Reach::none;
  base::Instant again = base::kNever;  ///< when time alone could change the answer
};

HedgePlan hedge(const HedgeView& view);

/// What HTTP may be presumed to give us: eight times the floor rate, divided among the visitors who
/// want bytes too. In a crowd a better measurement only means that the others have not come yet.
std::uint64_t presume_http_rate(std::uint64_t floor_rate_bytes_per_s, std::uint32_t crowd);

}  // namespace skep::engine
