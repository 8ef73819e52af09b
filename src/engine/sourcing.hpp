/// sourcing.hpp: applies hedge() and the claims to every open fetch: who brings which bytes.
/// CONTRACT  runs when something changed, and every kLook while fetches wait; starts HTTP requests,
///           never peers' requests (see requests.hpp).
/// SPEC      docs/formats/engine.md "Sources", "Claims".
/// LIMITS    Config::http_parallel_max; urgent fetches may go beyond, up to kHttpJobsMax.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

/// Looks at the fetches when that is due. Asks to be woken.
void run_sourcing(Core& core);

}  // namespace skep::engine
