// A configuration file with any bytes: settings, or a sentence.
#include <cstdlib>

#include "origin/serve_settings.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep::origin;
  ServeSources sources;
  try {
    sources.file = parse_serve_config({reinterpret_cast<const char*>(data), size}, "f");
  } catch (const SettingsError&) {
    return 0;
  }
  ServeOptions options;
  apply_settings(sources, options);  // what was read can be used
  if (print_serve_config(sources, options).empty()) std::abort();
  return 0;
}
