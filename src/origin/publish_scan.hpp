/// publish_scan.hpp: which files a site has, and the label of each.
/// CONTRACT  reads names and attributes only. Sorted by path, so that the same tree is always seen
///           the same way. Links are followed when their target stays inside of the site; a linked
///           file has the stricter label of its own path and its target's.
/// SPEC      docs/formats/labels.md, "Links"
/// LIMITS    kScanDepthMax directories deep, kFilesMax files.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "origin/publish_file.hpp"
#include "site/label.hpp"

namespace skep::origin {

/// Deeper directories are a loop or a mistake.
inline constexpr std::size_t kScanDepthMax = 128;
/// Deeper files are left to HTTP: a file tree nests once for each directory, and bencode readers
/// stop at kBencodeDepthMax.
inline constexpr std::size_t kSharedDepthMax = 48;

struct SourceFile {
  std::string path;  ///< relative to the site's root
  FileStamp stamp;
  site::Label label = site::Label::local;
  std::string reason;  ///< the rule that decided; of private files without one: empty
};

struct WithheldPath {
  std::string path;  ///< a directory's ends in '/'
  std::string reason;
};

struct Scan {
  std::vector<SourceFile> files;       ///< shared and private, ascending by path
  std::vector<WithheldPath> withheld;  ///< ascending by path
};

/// Throws std::system_error (a directory that cannot be read), std::runtime_error (limits).
Scan scan_site(const std::filesystem::path& root, const site::LabelRules& rules);

/// The first path that differs between two scans (added, removed, changed); empty when none does.
std::string first_difference(const Scan& before, const Scan& after);

}  // namespace skep::origin
