/// explain.hpp: which rule decided whether a file of a site is shared (`skep publish --explain`).
/// CONTRACT  gives the answer that publish would give now: it is found by the same scan. Reads
///           names and attributes only.
/// SPEC      docs/formats/labels.md
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "site/label.hpp"

namespace skep::origin {

struct Explanation {
  std::string path;     ///< relative to the site's root; a directory's ends in '/'
  bool exists = false;  ///< false: what would be decided if there were such a file
  site::Label label = site::Label::local;
  std::string because;  ///< "share rule", "private rule", "no rule", "built in", "link", "name"
  std::string rule;     ///< the glob, or the reason of what is built in; empty for "no rule"
  std::string source;   ///< where the glob stands: "skep.toml", "--share"; else empty
  /// Of a directory: how many files below it have each label.
  std::uint64_t shared = 0, kept_private = 0, withheld = 0;
};

/// One for each path, in order. A path is relative to `root`, or begins with it, or with '/', as
/// in a URL. `share`: globs besides skep.toml's. Throws what publish would throw for this site.
std::vector<Explanation> explain(const std::filesystem::path& root,
                                 const std::vector<std::string>& share,
                                 const std::vector<std::string>& paths);

}  // namespace skep::origin
