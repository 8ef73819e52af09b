/// url_path.hpp: which texts can be a URL path of a site: relative to its base, decoded UTF-8.
/// CONTRACT  pure. One spelling for each path: no empty, "." or ".." components.
/// SPEC      docs/formats/publication.md; RFC 3986 section 3.3; UTF-8 as in RFC 3629 section 4.
/// LIMITS    kPathSizeMax bytes, kPathComponentMax bytes a component.
#pragma once

#include <string_view>

#include "base/result.hpp"

namespace skep::site {

/// Whether `text` is well-formed UTF-8: no overlong forms, no surrogates, at most U+10FFFF.
bool is_utf8(std::string_view text);

/// Whether `path` names a file: "index.html", "docs/a.png".
/// ERRORS unsafe_path (empty path or component, ".", "..", control characters, not UTF-8),
///        limit_exceeded.
base::Status check_file_path(std::string_view path);

/// The same, and also the base itself ("") or a directory ("docs/").
base::Status check_url_path(std::string_view path);

}  // namespace skep::site
