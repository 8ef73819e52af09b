#include "origin/page_links.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "net/http_fields.hpp"

namespace skep::origin {
namespace {

using net::equal_ignoring_case;

constexpr std::string_view kSpace = " \t\r\n\f";

bool is_space(char c) { return kSpace.find(c) != kSpace.npos; }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

std::string lowered(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

std::string_view trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

/// &amp; and &#38; as URLs have them; other references stay as they are.
std::string decoded(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '&') {
      out += text[i];
      continue;
    }
    const std::string_view rest = text.substr(i);
    const std::size_t end = rest.substr(0, 10).find(';');
    const std::string_view name = end == rest.npos ? "" : rest.substr(1, end - 1);
    unsigned code = 0;
    if (name == "amp") {
      code = '&';
    } else if (name.size() > 1 && name[0] == '#') {
      const bool hex = lower(name[1]) == 'x';
      const std::string_view digits = name.substr(hex ? 2 : 1);
      const auto [stop, error] =
          std::from_chars(digits.data(), digits.data() + digits.size(), code, hex ? 16 : 10);
      if (error != std::errc() || stop != digits.data() + digits.size() || code > 0x7E) code = 0;
    }
    if (code == 0) {
      out += '&';
      continue;
    }
    out += static_cast<char>(code);
    i += end;
  }
  return out;
}

/// Elements whose content is text, not tags.
bool holds_text(std::string_view name) {
  static constexpr std::array<std::string_view, 9> kNames = {
      "script", "style", "template", "textarea", "title", "noscript", "xmp", "noembed", "noframes"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

class Tags {
 public:
  explicit Tags(std::string_view html) : html_(html) {}

  void each(const std::function<bool(const Tag&)>& see) {
    for (std::size_t count = 0; count < kTagsMax; ++count) {
      Tag tag;
      if (!next(tag) || !see(tag)) return;
    }
  }

 private:
  /// The next start tag from `at_`.
  bool next(Tag& tag) {
    while ((at_ = html_.find('<', at_)) != html_.npos) {
      const std::string_view rest = html_.substr(at_);
      if (rest.starts_with("<!--")) {
        const std::size_t end = rest.find("-->", 2);
        at_ = end == rest.npos ? html_.size() : at_ + end + 3;
      } else if (rest.size() > 1 && is_alpha(rest[1])) {
        ++at_;
        read_tag(tag);
        if (holds_text(tag.name)) read_text(tag);
        return true;
      } else {
        ++at_;
      }
    }
    return false;
  }

  void read_tag(Tag& tag) {
    const std::size_t begin = at_;
    while (more() && !is_space(now()) && now() != '>' && now() != '/') ++at_;
    tag.name = lowered(html_.substr(begin, at_ - begin));
    while (more() && now() != '>') {
      if (is_space(now()) || now() == '/')
        ++at_;
      else
        read_attribute(tag);
    }
    if (more()) ++at_;
  }

  void read_attribute(Tag& tag) {
    const std::size_t begin = at_++;  // an odd '=' here belongs to the name
    while (more() && !is_space(now()) && now() != '>' && now() != '/' && now() != '=') ++at_;
    std::string name = lowered(html_.substr(begin, at_ - begin));
    skip_space();
    std::string value;
    if (more() && now() == '=') {
      ++at_;
      skip_space();
      value = read_value();
    }
    if (tag.attributes.size() < kAttributesMax && tag.attribute(name) == nullptr)
      tag.attributes.emplace_back(std::move(name), std::move(value));
  }

  std::string read_value() {
    if (!more()) return {};
    const char quote = now();
    if (quote == '"' || quote == '\'') {
      const std::size_t end = std::min(html_.find(quote, at_ + 1), html_.size());
      const std::string_view value = html_.substr(at_ + 1, end - at_ - 1);
      at_ = std::min(end + 1, html_.size());
      return decoded(value);
    }
    const std::size_t begin = at_;
    while (more() && !is_space(now()) && now() != '>') ++at_;
    return decoded(html_.substr(begin, at_ - begin));
  }

  /// Up to "</name"; the rest of the document when there is none.
  void read_text(Tag& tag) {
    const std::size_t begin = at_;
    for (std::size_t end = at_; (end = html_.find("</", end)) != html_.npos; end += 2) {
      if (!equal_ignoring_case(html_.substr(end + 2, tag.name.size()), tag.name)) continue;
      tag.text = html_.substr(begin, end - begin);
      at_ = end;
      return;
    }
    tag.text = html_.substr(begin);
    at_ = html_.size();
  }

  void skip_space() {
    while (more() && is_space(now())) ++at_;
  }
  bool more() const { return at_ < html_.size(); }
  char now() const { return html_[at_]; }

  std::string_view html_;
  std::size_t at_ = 0;
};

class Collector {
 public:
  void add(LinkKind kind, std::string_view reference) {
    reference = trimmed(reference);
    if (reference.empty() || reference.front() == '#' || out_.size() == kLinksMax) return;
    out_.push_back({kind, std::string(reference)});
  }
  /// "a.png 1x, b.png 2x": a candidate ends at white space; the commas are between candidates.
  void add_srcset(std::string_view text) {
    while (!(text = trimmed(text)).empty() && out_.size() < kLinksMax) {
      const std::size_t end = std::min(text.find_first_of(kSpace), text.size());
      std::string_view url = text.substr(0, end);
      const bool ends = url.ends_with(',');
      while (url.ends_with(',')) url.remove_suffix(1);
      add(LinkKind::asset, url);
      text.remove_prefix(end);
      if (!ends) text.remove_prefix(std::min(text.find(','), text.size()));
      while (text.starts_with(',')) text.remove_prefix(1);
    }
  }
  void add_style(std::string_view css);

  std::vector<Link> take() { return std::move(out_); }

 private:
  std::vector<Link> out_;
};

/// The text in quotes at `at`, or up to `stop`.
std::string_view css_text(std::string_view css, std::size_t& at, char stop) {
  while (at < css.size() && is_space(css[at])) ++at;
  if (at == css.size()) return {};
  const bool quoted = css[at] == '"' || css[at] == '\'';
  const char end_char = quoted ? css[at] : stop;
  if (quoted) ++at;
  const std::size_t begin = at;
  at = std::min(css.find(end_char, begin), css.size());
  return css.substr(begin, at - begin);
}

void Collector::add_style(std::string_view css) {
  for (std::size_t at = 0; at < css.size() && out_.size() < kLinksMax;) {
    const std::string_view rest = css.substr(at);
    if (rest.starts_with("/*")) {
      const std::size_t end = rest.find("*/", 2);
      at = end == rest.npos ? css.size() : at + end + 2;
    } else if (equal_ignoring_case(rest.substr(0, 7), "@import")) {
      at += 7;
      while (at < css.size() && is_space(css[at])) ++at;
      const bool function = equal_ignoring_case(css.substr(at, 4), "url(");
      if (function) at += 4;
      add(LinkKind::style, css_text(css, at, function ? ')' : ';'));
    } else if (equal_ignoring_case(rest.substr(0, 4), "url(")) {
      at += 4;
      add(LinkKind::asset, css_text(css, at, ')'));
    } else {
      ++at;
    }
  }
}

bool has_word(std::string_view list, std::string_view word) {
  while (!(list = trimmed(list)).empty()) {
    const std::size_t end = std::min(list.find_first_of(kSpace), list.size());
    if (equal_ignoring_case(list.substr(0, end), word)) return true;
    list.remove_prefix(end);
  }
  return false;
}

/// <link>: only what the browser loads.
void add_link_tag(const Tag& tag, Collector& to) {
  const std::string* rel = tag.attribute("rel");
  const std::string* href = tag.attribute("href");
  if (rel == nullptr || href == nullptr) return;
  if (has_word(*rel, "stylesheet")) return to.add(LinkKind::style, *href);
  for (const char* loads : {"icon", "apple-touch-icon", "manifest", "preload", "modulepreload",
                            "prefetch", "mask-icon"})
    if (has_word(*rel, loads)) return to.add(LinkKind::asset, *href);
}

void add_tag(const Tag& tag, Collector& to) {
  const auto attribute = [&](const char* key, LinkKind kind) {
    if (const std::string* value = tag.attribute(key)) to.add(kind, *value);
  };
  if (tag.name == "a" || tag.name == "area") return attribute("href", LinkKind::page);
  if (tag.name == "iframe" || tag.name == "frame") return attribute("src", LinkKind::page);
  if (tag.name == "link") return add_link_tag(tag, to);
  if (tag.name == "style") return to.add_style(tag.text);
  if (tag.name == "object") attribute("data", LinkKind::asset);
  if (tag.name == "image" || tag.name == "use") attribute("href", LinkKind::asset);
  for (const char* key : {"src", "poster"}) attribute(key, LinkKind::asset);
  if (const std::string* set = tag.attribute("srcset")) to.add_srcset(*set);
}

}  // namespace

const std::string* Tag::attribute(std::string_view key) const {
  for (const auto& [known, value] : attributes)
    if (known == key) return &value;
  return nullptr;
}

void for_each_tag(std::string_view html, const std::function<bool(const Tag&)>& see) {
  Tags(html).each(see);
}

PageLinks find_page_links(std::string_view html) {
  PageLinks out;
  Collector collector;
  for_each_tag(html, [&](const Tag& tag) {
    if (tag.name == "base" && out.base.empty() && tag.attribute("href") != nullptr)
      out.base = *tag.attribute("href");
    add_tag(tag, collector);
    if (const std::string* style = tag.attribute("style")) collector.add_style(*style);
    return true;
  });
  out.links = collector.take();
  return out;
}

std::vector<Link> find_style_links(std::string_view css) {
  Collector collector;
  collector.add_style(css);
  return collector.take();
}

}  // namespace skep::origin
