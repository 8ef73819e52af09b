// wasm_runtime.cpp: the few symbols of a C++ runtime that must not bring their usual implementation
// along. Theirs print through stdio, which imports half of WASI; ours stop (law 6: our bugs stop
// us, and the page goes on by plain HTTP). Empty in native builds.
//
// Memory: a free list for each of four sizes per power of two; what is freed is reused by its own
// size only. One thread, no alignment above 16. A tenth of dlmalloc's code, which is what counts
// where a page downloads it; the price is at most a quarter of each block, and that freed memory
// of one size does not serve another (bounded by the module's maximum memory).
#if defined(__wasm__)

#include <bit>
#include <cstddef>
#include <cstdint>
#include <new>

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

constexpr std::size_t kHeader = 16;  // keeps blocks aligned; its first word is the size class
constexpr std::size_t kPage = 65536;
constexpr unsigned kClasses = 29 * 4;

struct Free {
  Free* next;
};
Free* free_lists[kClasses];
std::uintptr_t heap_at = 0;
std::uintptr_t heap_end = 0;

/// The smallest class that holds `size` >= 16 bytes: 16, 20, 24, 28, 32, 40, 48, 56, 64, ...
unsigned class_of(std::size_t size) {
  const auto power = static_cast<unsigned>(std::bit_width(size - 1)) - 1;  // 2^power < size
  const std::size_t step = (std::size_t{1} << power) / 4;
  const std::size_t quarters = (size - (std::size_t{1} << power) + step - 1) / step;
  return (power - 3) * 4 + static_cast<unsigned>(quarters);
}
std::size_t size_of(unsigned index) {
  const std::size_t base = std::size_t{1} << (index / 4 + 3);
  return base + base / 4 * (index % 4);
}

/// Fresh memory from the end of the heap. Memory that cannot be had is the end of this engine.
std::uintptr_t extend(std::size_t size) {
  if (heap_end == 0) {
    heap_at = (reinterpret_cast<std::uintptr_t>(&__heap_base) + 15) & ~std::uintptr_t{15};
    heap_end = __builtin_wasm_memory_size(0) * kPage;
  }
  size = (size + 15) & ~std::size_t{15};
  if (size > heap_end - heap_at) {
    const std::size_t pages = (size - (heap_end - heap_at) + kPage - 1) / kPage;
    if (__builtin_wasm_memory_grow(0, pages) == SIZE_MAX) __builtin_trap();
    heap_end += pages * kPage;
  }
  const std::uintptr_t at = heap_at;
  heap_at += size;
  return at;
}

[[gnu::noinline]] void* allocate(std::size_t size) {
  if (size > SIZE_MAX / 4) __builtin_trap();
  const unsigned index = class_of(size < 16 ? 16 : size);
  if (Free* found = free_lists[index]) {
    free_lists[index] = found->next;
    return found;
  }
  const std::uintptr_t block = extend(kHeader + size_of(index));
  *reinterpret_cast<unsigned*>(block) = index;
  return reinterpret_cast<void*>(block + kHeader);
}

[[gnu::noinline]] void release(void* memory) {
  if (memory == nullptr) return;
  const unsigned index = *reinterpret_cast<unsigned*>(static_cast<char*>(memory) - kHeader);
  auto* block = static_cast<Free*>(memory);
  block->next = free_lists[index];
  free_lists[index] = block;
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void operator delete(void* memory) noexcept { release(memory); }
void operator delete[](void* memory) noexcept { release(memory); }
void operator delete(void* memory, std::size_t) noexcept { release(memory); }
void operator delete[](void* memory, std::size_t) noexcept { release(memory); }

#endif
