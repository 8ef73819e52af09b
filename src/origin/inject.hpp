/// inject.hpp: puts Skep's one script tag into a page (`skep publish --inject`).
/// CONTRACT  pure. Never changes another byte of the page; a page that has the tag, or that is no
///           HTML document, comes back unchanged. Works on bytes, so any ASCII-compatible encoding
///           survives; UTF-16 pages are left alone.
/// WHY       not an HTML parser: browsers repair whatever we would refuse. Comments and the
///           contents of script, style, template, noscript, title and textarea are skipped, so that
///           text which only looks like a tag is not taken for one.
/// SPEC      docs/formats/publication.md
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace skep::origin {

/// The tag for the page at `page_path` (relative to the base): the loader's relative URL and, when
/// `key_hex` is not empty, the pinned key.
///   <script type="module" src="../skep.js" data-key="…"></script>
std::string script_tag(std::string_view page_path, std::string_view key_hex);

/// `html` with `tag` before </head> (or a <base> that comes earlier); without one, before <body>;
/// without that, after the doctype, <html> and <head>. Nothing when the page loads skep.js already
/// or is no page to change.
std::optional<std::string> inject_tag(std::string_view html, std::string_view tag);

/// Whether `path` is a page that --inject looks at (.html, .htm).
bool is_html_path(std::string_view path);

}  // namespace skep::origin
