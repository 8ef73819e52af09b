/// toml.hpp: toml++, the one way to include it here.
/// CONTRACT  a text that trips one of the parser's own assertions ends in a std::logic_error, so
/// that
///           no configuration file can end the process. Readers catch std::exception.
/// WHY       toml++ 3 asserts on some malformed values (found by serve_settings_fuzz); its asserts
///           vanish with NDEBUG, and what follows them then is undefined.
#pragma once

#include <stdexcept>
#include <string>

namespace skep::origin {
[[noreturn]] inline void refuse_toml(const char* expectation) {
  throw std::logic_error(std::string("malformed TOML (expected ") + expectation + ")");
}
}  // namespace skep::origin

#define TOML_ASSERT(expr) ((expr) ? static_cast<void>(0) : ::skep::origin::refuse_toml(#expr))
#include <toml++/toml.h>
