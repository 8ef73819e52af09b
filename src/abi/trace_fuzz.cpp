// trace_fuzz.cpp: a trace is read to its end or refused; its records lie inside the file.
#include "abi/trace.hpp"

using namespace skep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const base::ByteView file(data, size);
  auto reader = abi::TraceReader::open(file);
  if (!reader) return 0;
  for (auto record = reader->next(); record && *record; record = reader->next()) {
    const base::ByteView frame = (*record)->frame;
    SKEP_ASSERT(frame.data() >= file.data() && frame.data() + frame.size() <= file.data() + size);
    static_cast<void>(abi::decode_wakeup(frame));
  }
  return 0;
}
