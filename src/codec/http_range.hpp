/// http_range.hpp: the Range and Content-Range fields of HTTP, for bytes.
/// CONTRACT  pure; ranges are half-open [begin, end) here and inclusive in the text. Numbers beyond
///           64 bits are refused, never wrapped.
/// SPEC      RFC 9110 section 14.1.2 (byte ranges), 14.2 (Range), 14.4 (Content-Range).
/// LIMITS    kRangesMax.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace skep::codec {

/// Ranges in one request: RFC 9110 section 17.15 warns of requests with hundreds of tiny ones.
inline constexpr std::size_t kRangesMax = 16;

struct HttpRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
  std::uint64_t size() const { return end - begin; }
  friend bool operator==(const HttpRange&, const HttpRange&) = default;
};

/// What a Range field asks of a representation of `size` bytes: its satisfiable ranges, clipped, in
/// the order asked for, never empty.
/// ERRORS out_of_range (none is satisfiable: answer 416); all others mean "ignore the field, answer
///        with everything": bad_syntax, unsupported (a unit that is not bytes), limit_exceeded.
base::Result<std::vector<HttpRange>> parse_range(std::string_view field, std::uint64_t size);

/// Ranges that are closer than this are sent as one: the head of another part costs as much.
inline constexpr std::uint64_t kRangeGapMax = 128;

/// The same bytes (and gaps up to kRangeGapMax) in ascending order, each byte once: what RFC 9110
/// section 15.3.7.2 allows, and section 17.15 recommends against those who ask for bytes twice.
std::vector<HttpRange> coalesce_ranges(std::vector<HttpRange> ranges);

/// "bytes=0-9". REQUIRES a range that is not empty.
std::string print_range(const HttpRange& range);

struct ContentRange {
  std::optional<HttpRange> range;     ///< absent in "bytes */10", which comes with 416
  std::optional<std::uint64_t> size;  ///< of the whole representation; absent in "bytes 0-9/*"
  friend bool operator==(const ContentRange&, const ContentRange&) = default;
};

/// ERRORS bad_syntax, unsupported (another unit), bad_value (a range that ends before it begins, or
///        beyond the size).
base::Result<ContentRange> parse_content_range(std::string_view field);

/// "bytes 0-9/100". REQUIRES a range (not empty) or a size.
std::string print_content_range(const ContentRange& value);

}  // namespace skep::codec
