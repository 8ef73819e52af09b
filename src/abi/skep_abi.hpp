/// skep_abi.hpp: the C face of the engine, exported by the wasm module.
/// CONTRACT  no imports. Addresses are offsets in the module's memory (32 bits there). Single
///           threaded. A malformed argument returns 0 and changes nothing; a bug of ours traps.
///           Call _initialize() once before anything else (wasm only).
/// SPEC      docs/formats/frames.md
/// LIMITS    kEnginesMax engines at a time; kInputFrameMax.
#pragma once

#include <cstddef>
#include <cstdint>

#if defined(__wasm__)
#define SKEP_EXPORT(name) __attribute__((export_name(#name)))
#else
#define SKEP_EXPORT(name)
#endif

namespace skep::abi {
using Address = std::uintptr_t;
/// A page has one; tests and tools a few.
inline constexpr std::size_t kEnginesMax = 8;
}  // namespace skep::abi

extern "C" {

/// The shape of all frames (abi/shape.hpp): callers built for another one must not go on.
SKEP_EXPORT(skep_abi_version) std::uint32_t skep_abi_version();
/// A buffer of `size` octets for the next call, valid until that call returns; 0: too large.
SKEP_EXPORT(skep_input) skep::abi::Address skep_input(std::uint32_t size);
/// An engine from what the page chooses of its Config (abi::decode_choice), `size` octets in the
/// input buffer. 0: refused.
SKEP_EXPORT(skep_create) std::uint32_t skep_create(std::uint32_t size);
/// Hands it the Input frame of `size` octets in the input buffer. 1: handled. 0: malformed, no such
/// engine, outputs not drained, or a time before that of the previous call.
SKEP_EXPORT(skep_handle)
std::uint32_t skep_handle(std::uint32_t engine, std::uint64_t now_us, std::uint32_t size);
/// The next Output: u32 length, then the frame; valid until the next call. 0: drained.
SKEP_EXPORT(skep_poll) skep::abi::Address skep_poll(std::uint32_t engine);
/// When it wants a Tick, in microseconds; INT64_MAX: never, or no such engine.
SKEP_EXPORT(skep_next_wakeup) std::int64_t skep_next_wakeup(std::uint32_t engine);
/// Ends it. An id that is gone is ignored.
SKEP_EXPORT(skep_destroy) void skep_destroy(std::uint32_t engine);
}
