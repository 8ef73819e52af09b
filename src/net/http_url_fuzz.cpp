// Any URL and any reference: what is accepted can be sent, and reads back as itself.
#include <cstdint>
#include <string_view>

#include "net/http_fields.hpp"
#include "net/http_url.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const auto base = skep::net::parse_http_url(text.substr(0, line));
  const auto check = [](const skep::net::HttpUrl& url) {
    SKEP_ASSERT(url.target.starts_with('/') && url.target.size() <= skep::net::kTargetSizeMax);
    for (const char c : url.target) SKEP_ASSERT(c > ' ' && c < 0x7F);
    const auto again = skep::net::parse_http_url(url.text());
    SKEP_ASSERT(again.has_value() && *again == url);
  };
  if (base) check(*base);
  const auto from = skep::net::parse_http_url("https://h/a/b?c");
  const auto found = skep::net::parse_reference(base ? *base : *from,
                                                text.substr(std::min(line + 1, text.size())));
  if (found) check(*found);
  return 0;
}
