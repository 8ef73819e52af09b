// Whatever parses is a plain path, and encodes back to something that parses to the same.
#include "codec/url.hpp"

#include "base/bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = skep::base::as_text({data, size});
  const auto parsed = skep::codec::parse_url_path(text);
  if (!parsed.has_value()) return 0;
  if (parsed->path.empty()) {
    SKEP_ASSERT(parsed->directory);
    return 0;
  }
  SKEP_ASSERT(skep::codec::check_plain_path(parsed->path).has_value());
  SKEP_ASSERT(("/" + parsed->path + "/").find("/../") == std::string::npos);
  const std::string again = skep::codec::encode_url_path(parsed->path);
  const auto back = skep::codec::parse_url_path(again);
  SKEP_ASSERT(back.has_value() && back->path == parsed->path && !back->directory);
  return 0;
}
