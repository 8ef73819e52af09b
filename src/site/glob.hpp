/// glob.hpp: the pattern language of labels: which URL paths a line of skep.toml means.
/// CONTRACT  a Glob owns its pattern; matching is pure, never recursive, never allocates.
/// WHY       our own instead of fnmatch: the same answers on every system, and a bound on the work
///           that a hostile pattern and path can cause.
/// SPEC      docs/formats/labels.md
/// LIMITS    a pattern has at most kPathSizeMax bytes; matching costs at most
///           |pattern| x |path| character comparisons.
///
///   assets/**        every file below assets/            **/*.png   every .png, at any depth
///   *.png            every .png in the root directory    a/**/b     a/b, a/x/b, a/x/y/b
///   img/[0-9]?.png   img/7x.png, not img/7.png           \*         a star
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"

namespace skep::site {

class Glob {
 public:
  /// Reads a pattern. `*` matches any run of characters but '/', `?` one character (UTF-8) but '/',
  /// `[a-z]` or `[!a-z]` one ASCII character of (not of) a set, a component that is just `**` any
  /// number of components; a last `**` at least one. `\` makes the next character literal. Anything
  /// else means itself; upper and lower case differ.
  /// ERRORS limit_exceeded; bad_syntax with `at` (an open '[', a `**` that is only a part of a
  ///        component, a '\' at the end); unsafe_path (empty, leading or doubled '/', a trailing
  ///        '/': write `dir/**`; "." and ".." components).
  static base::Result<Glob> parse(std::string_view pattern);

  /// Whether the whole `path` (relative to the site's root, '/' between components) matches.
  bool matches(std::string_view path) const;

  /// The pattern as it was written.
  const std::string& text() const { return text_; }

 private:
  struct Component {
    std::size_t begin = 0;
    std::size_t size = 0;
    bool any_depth = false;  ///< `**`
  };
  std::string_view at(const Component& component) const {
    return std::string_view(text_).substr(component.begin, component.size);
  }

  std::string text_;
  std::vector<Component> components_;
};

}  // namespace skep::site
