#include "base/assert.hpp"

#if !defined(__wasm__)
#include <cstdio>
#include <cstdlib>
#endif

namespace skep::base {

void assert_failed(const char* expression, const char* file, int line) {
#if defined(__wasm__)
  static_cast<void>(expression);
  static_cast<void>(file);
  static_cast<void>(line);
  __builtin_trap();
#else
  std::fprintf(stderr, "skep: internal error: %s (%s:%d)\n", expression, file, line);
  std::abort();
#endif
}

}  // namespace skep::base
