// Any bytes as a pointer file; what is accepted must encode to the same bytes again.
#include <cstddef>
#include <cstdint>

#include "site/pointer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep;
  const base::ByteView file(data, size);
  const auto pointer = site::decode_pointer(file);
  if (!pointer.has_value()) return 0;
  SKEP_ASSERT(pointer->value.size() <= base::kPointerValueMax);
  const auto again = site::decode_pointer(site::encode_pointer(*pointer));
  SKEP_ASSERT(again.has_value());
  SKEP_ASSERT(again->info_hashes == pointer->info_hashes && again->value == pointer->value);
  return 0;
}
