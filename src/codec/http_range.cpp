#include "codec/http_range.hpp"

#include <algorithm>

#include "base/assert.hpp"

namespace skep::codec {

using base::Errc;
using base::fail;
using base::Result;

namespace {

/// RFC 9110 section 5.6.3: OWS.
std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool starts_with_unit(std::string_view text) {
  constexpr std::string_view kUnit = "bytes";  // range units are case-insensitive (section 14.1)
  if (text.size() < kUnit.size()) return false;
  return std::equal(kUnit.begin(), kUnit.end(), text.begin(),
                    [](char want, char have) { return want == (have | 0x20); });
}

/// 1*DIGIT that fits 64 bits.
Result<std::uint64_t> parse_number(std::string_view digits) {
  if (digits.empty()) return fail(Errc::bad_syntax, "range: a number is missing");
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return fail(Errc::bad_syntax, "range: not a number");
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (value > (UINT64_MAX - digit) / 10) return fail(Errc::bad_syntax, "range: number too large");
    value = value * 10 + digit;
  }
  return value;
}

/// A position: what needs more than 64 bits lies behind the end of every file (RFC 9110 section
/// 14.1.2).
Result<std::uint64_t> parse_position(std::string_view digits) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (digits.size() >= 20 && std::all_of(digits.begin(), digits.end(), is_digit))
    return parse_number(digits).value_or(UINT64_MAX);
  return parse_number(digits);
}

/// One "first-last", "first-" or "-suffix", clipped to the representation. Empty when
/// unsatisfiable.
Result<HttpRange> parse_spec(std::string_view spec, std::uint64_t size) {
  const std::size_t dash = spec.find('-');
  if (dash == std::string_view::npos) return fail(Errc::bad_syntax, "range: no dash");
  if (dash == 0) {
    SKEP_TRY(const std::uint64_t suffix, parse_position(spec.substr(1)));
    return HttpRange{size - std::min(suffix, size), size};
  }
  SKEP_TRY(const std::uint64_t first, parse_position(spec.substr(0, dash)));
  std::uint64_t last = UINT64_MAX;
  if (dash + 1 < spec.size()) {
    SKEP_TRY(last, parse_position(spec.substr(dash + 1)));
    if (last < first) return fail(Errc::bad_syntax, "range: ends before it begins");
  }
  if (first >= size) return HttpRange{size, size};
  return HttpRange{first, last >= size ? size : last + 1};
}

}  // namespace

Result<std::vector<HttpRange>> parse_range(std::string_view field, std::uint64_t size) {
  field = trim(field);
  const std::size_t equals = field.find('=');
  if (equals == std::string_view::npos) return fail(Errc::bad_syntax, "range: no unit");
  if (equals != 5 || !starts_with_unit(field)) return fail(Errc::unsupported, "range: not bytes");
  field.remove_prefix(equals + 1);
  std::vector<HttpRange> out;
  for (std::size_t seen = 0, begin = 0; begin <= field.size();) {
    const std::size_t end = std::min(field.find(',', begin), field.size());
    const std::string_view spec = trim(field.substr(begin, end - begin));
    begin = end + 1;
    if (spec.empty()) {  // a list may have empty elements (section 5.6.1.2), but not only those
      if (begin > field.size() && seen == 0) return fail(Errc::bad_syntax, "range: no range");
      continue;
    }
    if (++seen > kRangesMax) return fail(Errc::limit_exceeded, "range: too many ranges");
    SKEP_TRY(const HttpRange range, parse_spec(spec, size));
    if (range.size() > 0) out.push_back(range);
  }
  if (out.empty()) return fail(Errc::out_of_range, "range: not satisfiable");
  return out;
}

std::vector<HttpRange> coalesce_ranges(std::vector<HttpRange> ranges) {
  std::sort(ranges.begin(), ranges.end(), [](const HttpRange& a, const HttpRange& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end < b.end;
  });
  std::vector<HttpRange> out;
  for (const HttpRange& range : ranges) {
    const bool joins = !out.empty() && (range.begin <= out.back().end ||
                                        range.begin - out.back().end <= kRangeGapMax);
    if (joins)
      out.back().end = std::max(out.back().end, range.end);
    else
      out.push_back(range);
  }
  return out;
}

std::string print_range(const HttpRange& range) {
  SKEP_ASSERT(range.begin < range.end);
  return "bytes=" + std::to_string(range.begin) + "-" + std::to_string(range.end - 1);
}

Result<ContentRange> parse_content_range(std::string_view field) {
  field = trim(field);
  const std::size_t space = field.find(' ');
  if (space == std::string_view::npos) return fail(Errc::bad_syntax, "content range: no unit");
  if (space != 5 || !starts_with_unit(field))
    return fail(Errc::unsupported, "content range: not bytes");
  field.remove_prefix(space + 1);
  const std::size_t slash = field.find('/');
  if (slash == std::string_view::npos) return fail(Errc::bad_syntax, "content range: no size");
  const std::string_view span = field.substr(0, slash);
  const std::string_view whole = field.substr(slash + 1);
  ContentRange out;
  if (whole != "*") {
    SKEP_TRY(out.size, parse_number(whole));
  }
  if (span == "*") {
    if (!out.size) return fail(Errc::bad_syntax, "content range: neither range nor size");
    return out;
  }
  const std::size_t dash = span.find('-');
  if (dash == std::string_view::npos) return fail(Errc::bad_syntax, "content range: no dash");
  SKEP_TRY(const std::uint64_t first, parse_number(span.substr(0, dash)));
  SKEP_TRY(const std::uint64_t last, parse_number(span.substr(dash + 1)));
  if (last < first || last == UINT64_MAX || (out.size && last >= *out.size))
    return fail(Errc::bad_value, "content range: not inside of the representation");
  out.range = HttpRange{first, last + 1};
  return out;
}

std::string print_content_range(const ContentRange& value) {
  SKEP_ASSERT(value.range || value.size);
  std::string out = "bytes ";
  if (value.range) {
    SKEP_ASSERT(value.range->begin < value.range->end);
    out += std::to_string(value.range->begin) + "-" + std::to_string(value.range->end - 1);
  } else {
    out += "*";
  }
  return out + "/" + (value.size ? std::to_string(*value.size) : "*");
}

}  // namespace skep::codec
