// Ranges that parse lie inside the representation; Content-Range prints back to what was parsed.
#include "codec/http_range.hpp"

#include "base/bytes.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep::codec;
  const std::string_view field = skep::base::as_text({data, size});
  for (const std::uint64_t total : {std::uint64_t{0}, std::uint64_t{10}, UINT64_MAX}) {
    const auto ranges = parse_range(field, total);
    if (!ranges.has_value()) continue;
    SKEP_ASSERT(!ranges->empty() && ranges->size() <= kRangesMax);
    for (const HttpRange& range : *ranges) {
      SKEP_ASSERT(range.begin < range.end && range.end <= total);
      const auto again = parse_range(print_range(range), total);
      SKEP_ASSERT(again.has_value() && again->size() == 1 && again->front() == range);
    }
  }
  const auto content = parse_content_range(field);
  if (!content.has_value()) return 0;
  const auto again = parse_content_range(print_content_range(*content));
  SKEP_ASSERT(again.has_value() && *again == *content);
  return 0;
}
