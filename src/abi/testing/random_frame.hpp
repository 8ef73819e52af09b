/// random_frame.hpp: seeded values of every alternative, for round trips.
/// CONTRACT  same seed, same values. Views inside the inputs point into `arena`, which must outlive
///           them. Numbers stay below 2^53 (and sizes may be unknown), as a browser can hold them.
#pragma once

#include <deque>

#include "base/rng.hpp"
#include "engine/config.hpp"
#include "engine/io.hpp"

namespace skep::abi::testing {

using Arena = std::deque<base::Bytes>;

/// `per_alternative` inputs of each alternative, in the order of the variant.
std::vector<engine::Input> random_inputs(base::Rng& rng, int per_alternative, Arena& arena);
/// `per_alternative` outputs of each alternative, in the order of the variant.
std::vector<engine::Output> random_outputs(base::Rng& rng, int per_alternative);

}  // namespace skep::abi::testing
