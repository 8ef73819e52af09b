/// any_message.hpp: random peer messages for property tests.
#pragma once

#include "base/rng.hpp"
#include "wire/message.hpp"

namespace skep::wire::testing {

/// Any message that may be encoded. Views live as long as `payload`, which it fills.
Message any_message(base::Rng& rng, base::Bytes& payload);

/// Up to `size_max` random octets.
base::Bytes any_bytes(base::Rng& rng, std::size_t size_max);

}  // namespace skep::wire::testing
