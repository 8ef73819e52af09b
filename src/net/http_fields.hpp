/// http_fields.hpp: the values inside HTTP fields: codings, entity tags, dates, targets (for
/// ranges:
///           codec/http_range.hpp).
/// CONTRACT  pure functions over views; nothing is kept. A value that cannot be understood is
///           reported as absent where RFC 9110 tells a server to ignore it.
/// SPEC      RFC 9110 section 8.8.3 (ETag), 12.5.3 (Accept-Encoding), 13 (conditions),
///           5.6.7 (dates: IMF-fixdate only; the two obsolete forms count as absent);
///           RFC 9112 section 3.2 (request target)
/// LIMITS    kTargetSizeMax
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace skep::net {

/// Longest request target. Browsers and CDNs agree on about 8,000 (RFC 9110 §4.1).
inline constexpr std::size_t kTargetSizeMax = 8000;

/// Compares ASCII text without case, as HTTP does for names and tokens.
bool equal_ignoring_case(std::string_view a, std::string_view b);

/// True if the comma-separated `list` has that token.
bool names_token(std::string_view list, std::string_view token);

/// How welcome each coding is, in thousandths (0: not acceptable).
struct AcceptedCodings {
  int identity = 1000;
  int gzip = 0;
  int brotli = 0;
};

/// An absent field is not the same as an empty one, but both mean identity for us.
AcceptedCodings parse_accept_encoding(std::string_view value);

/// True if `list` (If-None-Match, If-Match) is "*" or names `etag` (with its quotes). `weakly`
/// ignores W/ prefixes; otherwise a weak tag never matches.
bool names_etag(std::string_view list, std::string_view etag, bool weakly);

/// "Sun, 06 Nov 1994 08:49:37 GMT"
std::string print_http_date(std::int64_t unix_s);
/// That form, or one of the two obsolete ones (RFC 9110 section 5.6.7).
std::optional<std::int64_t> parse_http_date(std::string_view text);

/// A request target, decoded and safe to look up below a root.
struct Target {
  std::string path;   ///< decoded, no leading or double slash: "a/b.html", "a/" or "" (the root)
  std::string query;  ///< as sent, with its '?', or empty
};

/// Decodes origin-form ("/a%20b?q") or absolute-form targets.
/// ERRORS  limit_exceeded (414), unsafe_path ("..", NUL, control bytes, encoded slash, backslash),
///         bad_syntax (anything else).
base::Result<Target> parse_target(std::string_view target);

/// Percent-encodes one path segment (RFC 3986 pchar; ':' too, so that it can begin a reference).
std::string encode_segment(std::string_view segment);

}  // namespace skep::net
