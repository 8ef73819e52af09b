#include "abi/testing/golden.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

#include "base/assert.hpp"

namespace skep::abi::testing {

base::Bytes read_golden(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

bool write_if_recording(const std::string& path, base::ByteView bytes) {
  const char* recording = std::getenv("SKEP_RECORD");
  if (recording == nullptr || std::string_view(recording) != "1") return false;
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(base::as_text(bytes).data(), static_cast<std::streamsize>(bytes.size()));
  SKEP_ASSERT(file.good());
  return true;
}

}  // namespace skep::abi::testing
