/// choking.hpp: applies choose_unchoked() to the links of an engine.
/// CONTRACT  a regular round each Config::unchoke_interval; the optimistic slot moves every third;
///           in between only free slots are filled.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

/// Runs a round when one is due. Asks to be woken for the next regular one.
void run_choking(Core& core);

}  // namespace skep::engine
