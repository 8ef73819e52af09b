// Any bytes as a page: the tag is all that changes, and a page that has it is left alone.
#include <cstddef>
#include <cstdint>

#include "base/assert.hpp"
#include "base/bytes.hpp"
#include "origin/inject.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace skep;
  const std::string_view page = base::as_text({data, size});
  const std::string tag = origin::script_tag("a/index.html", "00");
  const auto with = origin::inject_tag(page, tag);
  if (!with) return 0;
  SKEP_ASSERT(with->size() == page.size() + tag.size());
  std::size_t same = 0;
  while (same < page.size() && (*with)[same] == page[same]) ++same;
  bool found = false;
  for (std::size_t at = with->find(tag); at != std::string::npos; at = with->find(tag, at + 1))
    found =
        found || (at <= same && page.substr(at) == std::string_view(*with).substr(at + tag.size()));
  SKEP_ASSERT(found);
  return 0;
}
