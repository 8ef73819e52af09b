/// site_map.hpp: the `skep` dictionary inside `info`: which URL is which file, and its headers.
/// CONTRACT  a SiteMap owns its texts; plain data once parsed. Files are numbered as in the file
///           tree of the torrent. Names shareable files only: every peer may read it.
/// SPEC      docs/formats/sitemap.md
/// LIMITS    kClassesMax, kHeaderValueMax, kPathSizeMax, kFilesMax.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "codec/bencode.hpp"
#include "torrent/metainfo.hpp"

namespace skep::site {

/// Distinct combinations of headers; real sites have under 50.
inline constexpr std::size_t kClassesMax = 4096;
/// Bytes of a media type, Content-Encoding or Cache-Control value.
inline constexpr std::size_t kHeaderValueMax = 255;

/// A file of this encoding is the *swarm form* of another: "app.js.gz" is what peers exchange for
/// the URL "app.js", and has no URL of its own here.
inline constexpr std::string_view kSwarmEncoding = "gzip";
inline constexpr std::string_view kSwarmSuffix = ".gz";

/// The headers that files share. Empty: the header is absent (never the case for `type`).
struct FileClass {
  std::string type;      ///< Content-Type
  std::string encoding;  ///< Content-Encoding of the file's bytes, seen from its URLs
  std::string cache;     ///< Cache-Control
  friend bool operator==(const FileClass&, const FileClass&) = default;
  friend auto operator<=>(const FileClass&, const FileClass&) = default;
};

/// One more URL of a file, as "docs/" for "docs/index.html".
struct UrlAlias {
  std::string path;
  base::FileIndex file;
  friend bool operator==(const UrlAlias&, const UrlAlias&) = default;
};

struct SiteMap {
  std::vector<FileClass> classes;            ///< in order of first use
  std::vector<std::uint16_t> class_of_file;  ///< one per file
  std::vector<UrlAlias> aliases;             ///< ascending by path (raw bytes)

  std::size_t file_count() const { return class_of_file.size(); }
  /// REQUIRES file < file_count().
  const FileClass& headers_of(base::FileIndex file) const {
    SKEP_ASSERT(file.value < class_of_file.size());
    return classes[class_of_file[file.value]];
  }
  friend bool operator==(const SiteMap&, const SiteMap&) = default;
};

/// The first URL of the file at `path`: the path, without the suffix if it is a swarm form.
std::string_view url_of(std::string_view path, const FileClass& headers);

/// The map of files with these headers, in file-tree order; aliases in any order.
/// REQUIRES at most kClassesMax distinct headers, valid values, and aliases as parse accepts them.
SiteMap make_site_map(std::span<const FileClass> files, std::vector<UrlAlias> aliases);

/// The bencoded value of `skep`.
base::Bytes encode_site_map(const SiteMap& map);

/// Reads the value of `skep`. `paths` are the torrent's file paths ('/' between components), in
/// order; without a `skep` (nullopt) each file is `application/octet-stream` and its own URL.
/// ERRORS wrong_type, missing_field, unsupported (another version), limit_exceeded, bad_value
///        (header values, a swarm form without its suffix), out_of_range (class or file number),
///        not_canonical (classes that are not in order of first use, or unused), duplicate (a class
///        or URL twice), unsafe_path.
base::Result<SiteMap> parse_site_map(std::optional<codec::BencodeNode> skep,
                                     std::span<const std::string_view> paths);

/// The site map of a torrent. ERRORS also those of decode_bencode.
base::Result<SiteMap> parse_site_map(const torrent::Info& info);

/// URL path → file, over all URLs of one site map.
/// CONTRACT  owns its texts.
class UrlIndex {
 public:
  UrlIndex(const SiteMap& map, std::span<const std::string_view> paths);
  /// REQUIRES the info that `map` was parsed from.
  UrlIndex(const SiteMap& map, const torrent::Info& info);
  /// The file that `path` (relative to the base, decoded, no query) names.
  std::optional<base::FileIndex> find(std::string_view path) const;
  std::size_t size() const { return entries_.size(); }

 private:
  std::vector<UrlAlias> entries_;  ///< ascending by path
};

}  // namespace skep::site
