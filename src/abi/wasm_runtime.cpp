// wasm_runtime.cpp: the few symbols of a C++ runtime that must not bring their usual implementation
// along. Theirs print through stdio, which imports half of WASI; ours stop (law 6: our bugs stop
// us, and the page goes on by plain HTTP). Empty in native builds.
#if defined(__wasm__)

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>

extern "C" {
void abort() { __builtin_trap(); }
[[noreturn]] void __cxa_pure_virtual() { __builtin_trap(); }
// Debian's compiler-rt builtins were built with stack protection.
std::uintptr_t __stack_chk_guard = 0x5ce9;
[[noreturn]] void __stack_chk_fail() { __builtin_trap(); }
}

_LIBCPP_BEGIN_NAMESPACE_STD
[[noreturn]] void __libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }
_LIBCPP_END_NAMESPACE_STD

namespace {
/// Memory that cannot be had is the end of this engine, not an exception.
void* allocate(std::size_t size) {
  void* memory = std::malloc(size != 0 ? size : 1);
  if (memory == nullptr) __builtin_trap();
  return memory;
}
}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

#endif
