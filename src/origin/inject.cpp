#include "origin/inject.hpp"

#include <algorithm>
#include <array>

namespace skep::origin {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

char lower(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }

bool same(std::string_view text, std::string_view wanted) {
  return text.size() == wanted.size() && std::equal(text.begin(), text.end(), wanted.begin(),
                                                    [](char a, char b) { return lower(a) == b; });
}

struct Tag {
  std::size_t begin = 0;  ///< of '<'
  std::size_t end = 0;    ///< one past '>'
  std::string_view name;  ///< "head", "/head", "!doctype"; empty: a comment
  std::string_view text;  ///< everything from '<' to '>'
};

/// One past the '>' that ends the tag at `begin`; a '>' inside of quotes does not.
std::size_t tag_end(std::string_view html, std::size_t begin) {
  char quote = 0;
  for (std::size_t i = begin; i < html.size(); ++i) {
    const char c = html[i];
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '>') {
      return i + 1;
    }
  }
  return kNone;
}

/// The next tag or comment at or after `from`.
std::optional<Tag> next_tag(std::string_view html, std::size_t from) {
  for (std::size_t at = html.find('<', from); at != kNone; at = html.find('<', at + 1)) {
    if (html.substr(at, 4) == "<!--") {
      const std::size_t end = html.find("-->", at + 4);
      if (end == kNone) return std::nullopt;
      return Tag{at, end + 3, {}, {}};
    }
    std::size_t i = at + 1;
    if (i < html.size() && (html[i] == '/' || html[i] == '!')) ++i;
    if (i >= html.size() || lower(html[i]) < 'a' || lower(html[i]) > 'z') continue;
    while (i < html.size() && !is_space(html[i]) && html[i] != '>' && html[i] != '/') ++i;
    const std::size_t end = tag_end(html, i);
    if (end == kNone) return std::nullopt;
    return Tag{at, end, html.substr(at + 1, i - at - 1), html.substr(at, end - at)};
  }
  return std::nullopt;
}

/// Elements whose content is text, or is not part of the page.
constexpr std::array<std::string_view, 8> kOpaque = {"script",   "style", "template", "noscript",
                                                     "textarea", "title", "iframe",   "xmp"};

/// Where the element opened by `tag` ends: past its closing tag, or kNone.
std::size_t skip_element(std::string_view html, const Tag& tag) {
  for (std::size_t at = html.find("</", tag.end); at != kNone; at = html.find("</", at + 2))
    if (same(html.substr(at + 2, tag.name.size()), [&] {
          std::string name(tag.name);
          std::transform(name.begin(), name.end(), name.begin(), lower);
          return name;
        }()))
      return tag_end(html, at);
  return kNone;
}

/// Whether this <script …> loads a file called skep.js.
bool loads_skep(std::string_view tag) {
  const std::size_t at = tag.find("skep.js");
  if (at == kNone || at == 0) return false;
  const char before = tag[at - 1];
  const char after = at + 7 < tag.size() ? tag[at + 7] : '>';
  return (before == '/' || before == '"' || before == '\'' || before == '=') &&
         (after == '"' || after == '\'' || after == '>' || after == '?' || is_space(after));
}

bool is_utf16(std::string_view html) {
  return html.starts_with("\xff\xfe") || html.starts_with("\xfe\xff");
}

}  // namespace

std::string script_tag(std::string_view page_path, std::string_view key_hex) {
  std::string tag = "<script type=\"module\" src=\"";
  const auto depth = std::count(page_path.begin(), page_path.end(), '/');
  for (std::ptrdiff_t i = 0; i < depth; ++i) tag += "../";
  tag += "skep.js\"";
  if (!key_hex.empty()) tag.append(" data-key=\"").append(key_hex).append("\"");
  return tag + "></script>";
}

std::optional<std::string> inject_tag(std::string_view html, std::string_view tag) {
  if (is_utf16(html)) return std::nullopt;
  std::size_t place = kNone;  // before </head> or <body>
  std::size_t top = html.starts_with("\xef\xbb\xbf") ? 3 : 0;
  bool any_tag = false;
  for (std::size_t from = 0;;) {
    const auto found = next_tag(html, from);
    if (!found) break;
    from = found->end;
    if (found->name.empty()) continue;
    if (same(found->name, "script") && loads_skep(found->text)) return std::nullopt;
    if (same(found->name, "frameset")) return std::nullopt;
    if (same(found->name, "?xml")) continue;
    any_tag = true;
    // A <base> would move the tag's relative URL: what stands before it is not affected.
    if (place == kNone &&
        (same(found->name, "/head") || same(found->name, "body") || same(found->name, "base")))
      place = found->begin;
    if (place == kNone &&
        (same(found->name, "!doctype") || same(found->name, "html") || same(found->name, "head")))
      top = found->end;
    for (const std::string_view opaque : kOpaque)
      if (same(found->name, opaque) && !found->text.ends_with("/>")) {
        from = skip_element(html, *found);
        break;
      }
    if (from == kNone) break;
  }
  if (!any_tag) return std::nullopt;
  if (place == kNone) place = top;
  std::string out(html.substr(0, place));
  return out.append(tag).append(html.substr(place));
}

bool is_html_path(std::string_view path) {
  const auto ends = [&](std::string_view with) {
    return path.size() > with.size() && same(path.substr(path.size() - with.size()), with);
  };
  return ends(".html") || ends(".htm");
}

}  // namespace skep::origin
