/// url.hpp: paths of URLs: percent-encoding, and the one safe spelling of a relative path.
/// CONTRACT  a *plain path* is decoded UTF-8 without a leading slash, components joined by '/',
///           none of them empty, "." or "..", without NUL, other control characters or backslashes.
///           It names the same thing in a site map, on a disk and in a URL. Nothing here resolves
///           dot segments: browsers did that before they sent a path, so what still has one is
///           refused.
/// SPEC      RFC 3986 section 2.1 (percent-encoding), 3.3 (path).
/// LIMITS    kPathSizeMax, kPathComponentMax.
#pragma once

#include <string>
#include <string_view>

#include "base/result.hpp"

namespace skep::codec {

/// The path part of a URL, checked and decoded.
struct UrlPath {
  std::string path;        ///< plain, without a trailing slash; empty for the root
  bool directory = false;  ///< it ended in '/', or is the root
};

/// Whether `path` is a plain path that names a file.
/// ERRORS unsafe_path (also bytes that are no UTF-8), limit_exceeded.
base::Status check_plain_path(std::string_view path);

/// Reads the path of a URL, relative to some base: "docs/a%20b.html", "docs/", "". One leading
/// slash is ignored. Query and fragment must be cut off before: '?' and '#' are refused. ERRORS
/// bad_syntax (bad percent-encoding, a character that may not stand in a path), unsafe_path
///        (also "%2F": an encoded slash is no separator and cannot be in a name), limit_exceeded.
base::Result<UrlPath> parse_url_path(std::string_view text);

/// A plain path as it stands in a URL: everything but RFC 3986's pchar and '/' is percent-encoded.
/// ':' is encoded too, so that the result can never be read as a scheme.
std::string encode_url_path(std::string_view path);

/// Decodes every "%XX". ERRORS bad_syntax ('%' without two hex digits; `at` is its position).
base::Result<std::string> percent_decode(std::string_view text);

}  // namespace skep::codec
