/// errc.hpp: the closed list of reasons why somebody else's bytes were refused.
/// CONTRACT  values are stable within a release and cross the wasm boundary as one byte;
///           append only. Every code has a name in errc.cpp.
/// WHY       one small enum instead of categories per parser: a peer error is counted and logged
///           by code, never by text.
#pragma once

#include <cstdint>
#include <string_view>

namespace skep::base {

enum class Errc : std::uint8_t {
  none = 0,
  truncated,           ///< the input ended inside an item
  trailing_bytes,      ///< bytes left after a complete item
  bad_syntax,          ///< a byte that the grammar does not allow here
  not_canonical,       ///< legal elsewhere, but not the one canonical spelling
  depth_exceeded,      ///< nested deeper than the decoder's limit
  limit_exceeded,      ///< a count, size or length above its named limit
  out_of_range,        ///< a number or index outside of what it describes
  missing_field,       ///< a required key is absent
  wrong_type,          ///< a key is present with a value of another type
  bad_value,           ///< right type, but a value the specification forbids
  duplicate,           ///< something that must be unique came twice
  unsupported,         ///< a version or option this code does not speak
  hash_mismatch,       ///< content differs from the hash that names it
  bad_signature,       ///< a signature does not verify
  expired,             ///< valid once, but its lifetime is over
  rolled_back,         ///< older than something already accepted
  unsafe_path,         ///< a path that would leave its root, or cannot be a URL or file name
  protocol_violation,  ///< a well-formed message that is not allowed now
  not_found,           ///< the thing named does not exist
};

/// The code's name in snake_case, for logs and tests. Returns "unknown" for values out of range.
std::string_view name_of(Errc code);

}  // namespace skep::base
