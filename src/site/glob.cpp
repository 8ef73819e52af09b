// glob.cpp: two nested walks with one resume point each (the last `**`, the last `*`): a later
// wildcard makes every earlier choice irrelevant, so nothing else is ever tried again.
#include "site/glob.hpp"

#include "base/limits.hpp"

namespace skep::site {
namespace {

using base::Errc;
using base::fail;
using base::Status;

constexpr std::size_t kNone = std::string_view::npos;

/// Bytes of the character that starts at `at`; a stray byte counts as one character.
std::size_t character_size(std::string_view text, std::size_t at) {
  std::size_t size = 1;
  if (static_cast<unsigned char>(text[at]) < 0xc0) return size;
  while (size < 4 && at + size < text.size() &&
         (static_cast<unsigned char>(text[at + size]) & 0xc0) == 0x80)
    ++size;
  return size;
}

/// One past the ']' that closes the set opened at `at`, or kNone. A ']' in first place is literal.
std::size_t set_end(std::string_view pattern, std::size_t at) {
  std::size_t i = at + 1;
  if (i < pattern.size() && pattern[i] == '!') ++i;
  if (i < pattern.size() && pattern[i] == ']') ++i;
  while (i < pattern.size() && pattern[i] != ']') ++i;
  return i < pattern.size() ? i + 1 : kNone;
}

/// Whether the set `[...]` contains `c`. Ranges go by byte value.
bool set_contains(std::string_view set, char c) {
  std::size_t i = 1;
  const std::size_t end = set.size() - 1;
  const bool negated = set[i] == '!';
  if (negated) ++i;
  bool found = false;
  while (i < end) {
    const auto low = static_cast<unsigned char>(set[i]);
    auto high = low;
    if (i + 2 < end && set[i + 1] == '-') {
      high = static_cast<unsigned char>(set[i + 2]);
      i += 2;
    }
    ++i;
    found =
        found || (low <= static_cast<unsigned char>(c) && static_cast<unsigned char>(c) <= high);
  }
  return found != negated;
}

struct Step {
  std::size_t pattern = 0;
  std::size_t text = 0;
};

/// Matches one pattern element that is no `*` at the two positions; where they stand after it, or
/// kNone in both.
Step match_one(std::string_view pattern, std::string_view text, Step at) {
  const Step no{kNone, kNone};
  if (at.pattern == pattern.size() || at.text == text.size()) return no;
  const char p = pattern[at.pattern];
  if (p == '?') return {at.pattern + 1, at.text + character_size(text, at.text)};
  if (p == '[') {
    const std::size_t end = set_end(pattern, at.pattern);
    const bool ascii = static_cast<unsigned char>(text[at.text]) < 0x80;
    const std::string_view set = pattern.substr(at.pattern, end - at.pattern);
    if (ascii) return set_contains(set, text[at.text]) ? Step{end, at.text + 1} : no;
    return set[1] == '!' ? Step{end, at.text + character_size(text, at.text)} : no;
  }
  const std::size_t literal = at.pattern + (p == '\\' ? 1 : 0);
  return pattern[literal] == text[at.text] ? Step{literal + 1, at.text + 1} : no;
}

/// Whether one component of a path matches one component of a pattern.
bool component_matches(std::string_view pattern, std::string_view text) {
  Step at;
  Step resume{kNone, kNone};
  while (at.text < text.size() || at.pattern < pattern.size()) {
    if (at.pattern < pattern.size() && pattern[at.pattern] == '*') {
      resume = {at.pattern + 1, at.text};
      ++at.pattern;
      continue;
    }
    const Step next = match_one(pattern, text, at);
    if (next.pattern != kNone) {
      at = next;
      continue;
    }
    if (resume.pattern == kNone || resume.text == text.size()) return false;
    resume.text += character_size(text, resume.text);  // the last star takes one more
    at = resume;
  }
  return true;
}

Status check_component(std::string_view component, std::size_t offset) {
  if (component.empty())
    return fail(Errc::unsafe_path, "empty path component: no leading, doubled or trailing '/'",
                offset);
  if (component == "." || component == "..")
    return fail(Errc::unsafe_path, "'.' and '..' cannot be part of a pattern", offset);
  for (std::size_t i = 0; i < component.size(); ++i) {
    const char c = component[i];
    if (c == '\\' && ++i == component.size())
      return fail(Errc::bad_syntax, "nothing follows the '\\'", offset + i - 1);
    if (c == '*' && i + 1 < component.size() && component[i + 1] == '*')
      return fail(Errc::bad_syntax, "'**' must be a whole path component", offset + i);
    if (c != '[') continue;
    const std::size_t end = set_end(component, i);
    if (end == kNone) return fail(Errc::bad_syntax, "'[' without a ']'", offset + i);
    i = end - 1;
  }
  return base::ok();
}

}  // namespace

base::Result<Glob> Glob::parse(std::string_view pattern) {
  if (pattern.size() > base::kPathSizeMax) return fail(Errc::limit_exceeded, "pattern too long");
  if (pattern.find('\0') != kNone)
    return fail(Errc::bad_syntax, "NUL in a pattern", pattern.find('\0'));
  Glob glob;
  glob.text_ = pattern;
  for (std::size_t begin = 0;;) {
    const std::size_t slash = pattern.find('/', begin);
    const std::size_t size = (slash == kNone ? pattern.size() : slash) - begin;
    const std::string_view component = pattern.substr(begin, size);
    const bool any_depth = component == "**";
    if (!any_depth) SKEP_CHECK(check_component(component, begin));
    glob.components_.push_back({begin, size, any_depth});
    if (slash == kNone) return glob;
    begin = slash + 1;
  }
}

bool Glob::matches(std::string_view path) const {
  // `part`: the component of the path that starts at `text`; kNone: the path is used up.
  const auto part = [&](std::size_t text) {
    const std::size_t slash = path.find('/', text);
    return path.substr(text, slash == kNone ? kNone : slash - text);
  };
  const auto after = [&](std::size_t text) {
    const std::size_t slash = path.find('/', text);
    return slash == kNone ? kNone : slash + 1;
  };
  std::size_t pattern = 0;
  std::size_t text = 0;
  Step resume{kNone, kNone};
  while (text != kNone || pattern < components_.size()) {
    if (pattern < components_.size() && components_[pattern].any_depth) {
      if (pattern + 1 == components_.size()) return text != kNone;  // at least one component
      resume = {++pattern, text};
      continue;
    }
    if (pattern < components_.size() && text != kNone &&
        component_matches(at(components_[pattern]), part(text))) {
      ++pattern;
      text = after(text);
      continue;
    }
    if (resume.pattern == kNone || resume.text == kNone) return false;
    resume.text = after(resume.text);  // the last `**` takes one more component
    pattern = resume.pattern;
    text = resume.text;
  }
  return true;
}

}  // namespace skep::site
