// Every parser of request fields on the same bytes, with what must hold for whatever they return.
#include "net/http_fields.hpp"

#include "base/assert.hpp"

using namespace skep;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const net::AcceptedCodings accepted = net::parse_accept_encoding(text);
  for (const int q : {accepted.identity, accepted.gzip, accepted.brotli})
    SKEP_ASSERT(q >= 0 && q <= 1000);
  if (net::names_etag(text, "\"a\"", false)) SKEP_ASSERT(net::names_etag(text, "\"a\"", true));
  if (const auto date = net::parse_http_date(text))
    SKEP_ASSERT(net::print_http_date(*date).size() == 29);
  if (const auto target = net::parse_target(text)) {
    SKEP_ASSERT(("/" + target->path + "/").find("/../") == std::string::npos);
    SKEP_ASSERT(!target->path.starts_with('/') && target->path.find('\0') == std::string::npos);
  }
  SKEP_ASSERT(net::encode_segment(text).find('/') == std::string::npos);
  return 0;
}
