// Any page and any style sheet: bounded, and every link is trimmed text.
#include <cstdint>
#include <string_view>

#include "base/assert.hpp"
#include "origin/body_coding.hpp"
#include "origin/page_links.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep::origin;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto check = [](const std::vector<Link>& links) {
    SKEP_ASSERT(links.size() <= kLinksMax);
    for (const Link& link : links) SKEP_ASSERT(!link.reference.empty());
  };
  check(find_page_links(text).links);
  check(find_style_links(text));
  constexpr std::size_t kSizeMax = 64 * 1024;
  for (const char* coding : {"gzip", "br", "deflate"})
    if (const auto body = decode_body(coding, text, kSizeMax))
      SKEP_ASSERT(body->size() <= kSizeMax);
  return 0;
}
