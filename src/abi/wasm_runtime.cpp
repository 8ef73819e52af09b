// wasm_runtime.cpp: the few symbols of a C++ runtime that must not bring their usual implementation
// along. Theirs print through stdio, which imports half of WASI; ours stop (law 6: our bugs stop
// us, and the page goes on by plain HTTP). Empty in native builds.
//
// Memory: heap.hpp over the module's own. One thread, no alignment above 16.
#if defined(__wasm__)

#include <cstddef>
#include <cstdint>
#include <new>

#include "abi/heap.hpp"

extern "C" {
void abort() { __builtin_trap(); }
[[noreturn]] void __cxa_pure_virtual() { __builtin_trap(); }
// Debian's compiler-rt builtins were built with stack protection.
std::uintptr_t __stack_chk_guard = 0x5ce9;
[[noreturn]] void __stack_chk_fail() { __builtin_trap(); }
extern char __heap_base;
// One instruction each (bulk memory), where libc brings loops for machines without it.
void* memcpy(void* to, const void* from, std::size_t size) {
  return __builtin_memcpy(to, from, size);
}
void* memmove(void* to, const void* from, std::size_t size) {
  return __builtin_memmove(to, from, size);
}
void* memset(void* to, int value, std::size_t size) { return __builtin_memset(to, value, size); }
// And loops over short texts, which libc unrolls.
void* memchr(const void* in, int byte, std::size_t size) {
  const auto* at = static_cast<const unsigned char*>(in);
  for (; size > 0; --size, ++at)
    if (*at == static_cast<unsigned char>(byte)) return const_cast<unsigned char*>(at);
  return nullptr;
}
std::size_t strlen(const char* text) {
  std::size_t size = 0;
  while (text[size] != 0) ++size;
  return size;
}
}

_LIBCPP_BEGIN_NAMESPACE_STD
[[noreturn]] void __libcpp_verbose_abort(const char*, ...) { __builtin_trap(); }
_LIBCPP_END_NAMESPACE_STD

namespace {

constexpr std::size_t kPage = 65536;

std::size_t grow(std::size_t more) {
  const std::size_t pages = (more + kPage - 1) / kPage;
  return __builtin_wasm_memory_grow(0, pages) == SIZE_MAX ? 0 : pages * kPage;
}

constinit skep::abi::Heap heap(grow);

/// Memory that cannot be had is the end of this engine.
[[gnu::noinline]] void* allocate(std::size_t size) {
  if (heap.extent() == 0) {
    const auto begin = (reinterpret_cast<std::uintptr_t>(&__heap_base) + 15) & ~std::uintptr_t{15};
    heap.start(reinterpret_cast<unsigned char*>(begin),
               __builtin_wasm_memory_size(0) * kPage - begin);
  }
  void* memory = heap.allocate(size);
  if (memory == nullptr) __builtin_trap();
  return memory;
}

[[gnu::noinline]] void release(void* memory) { heap.release(memory); }

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

// Some of libc++ (stable_partition's buffer, for one) asks these instead. libc's would be a second
// allocator, which takes the same memory for its own.
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
extern "C" void* malloc(std::size_t size) { return allocate(size); }
extern "C" void free(void* memory) { release(memory); }

#endif
