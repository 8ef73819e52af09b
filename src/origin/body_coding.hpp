/// body_coding.hpp: content codings of bodies in memory, and how small a body could be.
/// CONTRACT  pure. Decoding stops at a limit: a few bytes can stand for gigabytes.
/// SPEC      RFC 9110 section 8.4.1 (gzip, deflate), RFC 7932 (br)
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace skep::origin {

/// `body` with `coding` ("gzip", "x-gzip", "deflate", "br", "" or "identity") undone. Nothing when
/// it is damaged, larger than `size_max` or of a coding that we do not know.
std::optional<std::string> decode_body(std::string_view coding, std::string_view body,
                                       std::size_t size_max);

/// What compressing would make of `body`: measured on the whole, or on kSampleSize bytes of it
/// taken at four places and scaled up.
struct Compressed {
  std::uint64_t gzip = 0;    ///< level 6, as servers do it on the fly
  std::uint64_t brotli = 0;  ///< quality 5
};
/// `size`: of the whole file, of which `body` may be the first part only.
Compressed measure_compression(std::string_view body, std::uint64_t size);

inline constexpr std::size_t kSampleSize = 512 * 1024;

}  // namespace skep::origin
