/// stats.hpp: what an engine can tell about itself: Stats for people, Census for asserts.
/// CONTRACT  reads only.
#pragma once

#include "engine/core.hpp"
#include "engine/engine.hpp"

namespace skep::engine {

Stats make_stats(const Core& core);
Census take_census(const Core& core);
/// Checks what must hold between handle() calls: what peers owe is what pieces wait for. Asserts.
void check_books(const Core& core);

}  // namespace skep::engine
