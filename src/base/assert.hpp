/// assert.hpp: asserts that stay on in release. Our bugs stop us.
/// CONTRACT  SKEP_ASSERT is for what only our own code can break; other people's bytes are a
///           Result, the world (disk, socket) an input. A failed assert never returns: native
///           prints and aborts, wasm traps (and the page falls back to HTTP).
#pragma once

namespace skep::base {

/// Reports the broken expectation and ends the program. Never returns.
[[noreturn]] void assert_failed(const char* expression, const char* file, int line);

}  // namespace skep::base

// NOLINTBEGIN(cppcoreguidelines-macro-usage)
#define SKEP_ASSERT(expression)        \
  ((expression) ? static_cast<void>(0) \
                : ::skep::base::assert_failed(#expression, __FILE__, __LINE__))
#define SKEP_UNREACHABLE() ::skep::base::assert_failed("unreachable", __FILE__, __LINE__)
// NOLINTEND(cppcoreguidelines-macro-usage)
