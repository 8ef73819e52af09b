// Any pattern and path: "pattern \n path". Matching must end quickly and never read outside.
#include <cstddef>
#include <cstdint>

#include "base/bytes.hpp"
#include "site/glob.hpp"
#include "site/label.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = skep::base::as_text({data, size});
  const std::size_t cut = text.find('\n');
  if (cut == std::string_view::npos) return 0;
  const std::string_view path = text.substr(cut + 1);
  static_cast<void>(skep::site::refusal_of(path));
  skep::site::LabelRules rules;
  if (!rules.add_share(text.substr(0, cut)).has_value()) return 0;
  static_cast<void>(rules.decide(path));
  return 0;
}
