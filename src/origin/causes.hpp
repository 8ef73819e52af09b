/// causes.hpp: why peers are not used, in words: what `skep doctor` can find.
/// CONTRACT  static texts; ids are stable. The page's own diagnosis uses the same ids.
/// SPEC      docs/diagnostics.md, which has the same words
#pragma once

#include <span>
#include <string_view>

namespace skep::origin {

struct Cause {
  std::string_view id;
  std::string_view text;    ///< one sentence for a person
  std::string_view advice;  ///< what to do about it; may be empty
};

std::span<const Cause> causes();
/// REQUIRES a known id.
const Cause& cause(std::string_view id);

}  // namespace skep::origin
