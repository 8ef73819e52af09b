/// page_links.hpp: what a page and a style sheet refer to.
/// CONTRACT  pure; never fails: what is no HTML has no tags. Works on bytes, on any
/// ASCII-compatible
///           encoding. Views point into the document; attribute values have their character
///           references decoded where URLs need it (&amp; and numbers).
/// WHY       no HTML parser: for a crawl that only counts it is enough to see the tags that a
///           browser would see. Comments and the contents of script, style, template, textarea and
///           title hold none. A page that only a script builds has no links here.
/// SPEC      WHATWG HTML section 13.2.5 (tag and attribute syntax), 4.8.4 (srcset); CSS Values 4
///           section 4.5 (url())
/// LIMITS    kTagsMax tags of a page, kAttributesMax of a tag, kLinksMax links of a document.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skep::origin {

inline constexpr std::size_t kTagsMax = 200'000;
inline constexpr std::size_t kAttributesMax = 64;
inline constexpr std::size_t kLinksMax = 10'000;

struct Tag {
  std::string name;                                             ///< lower case
  std::vector<std::pair<std::string, std::string>> attributes;  ///< names in lower case
  /// What stands between this tag and its end, for script and style.
  std::string_view text;

  /// An attribute's value; null when it is absent.
  const std::string* attribute(std::string_view key) const;
};

/// Calls `see` for every start tag, in order, until it returns false.
void for_each_tag(std::string_view html, const std::function<bool(const Tag&)>& see);

enum class LinkKind : unsigned char {
  page,   ///< where a person may go: <a href>, <iframe src>
  asset,  ///< what the browser loads by itself
  style,  ///< the same, and it refers to more: <link rel=stylesheet>, @import
};

struct Link {
  LinkKind kind = LinkKind::asset;
  std::string reference;  ///< as written
};

struct PageLinks {
  std::string base;  ///< of <base href>; empty without one
  std::vector<Link> links;
};

/// The links of a page, styles inside of it included.
PageLinks find_page_links(std::string_view html);
/// The links of a style sheet.
std::vector<Link> find_style_links(std::string_view css);

}  // namespace skep::origin
