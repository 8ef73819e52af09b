/// file_tree.hpp: the files of a v2 torrent, in the order that numbers them.
/// CONTRACT  a File's path is its components joined with '/'; it is relative, has no empty, "." or
///           ".." component, and no NUL or '/' inside of one. Order is the bencoded tree's: by
///           components as raw bytes, so "a/b" comes before "a-b".
/// SPEC      BEP 52 "file tree". Not a BEP 52 file: symbolic links (BEP 47 attr "l"), refused.
/// LIMITS    kFilesMax, kPathSizeMax, kPathComponentMax, kPathDepthMax, kFileSizeMax.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.hpp"
#include "base/result.hpp"
#include "codec/bencode.hpp"
#include "codec/bencode_writer.hpp"
#include "crypto/digest.hpp"

namespace skep::torrent {

using crypto::Digest256;

/// Components of a path: the bencode decoder's depth, less metainfo, info, tree, and the file's own
/// two dictionaries, and one spare.
inline constexpr std::size_t kPathDepthMax = base::kBencodeDepthMax - 6;

struct File {
  std::string path;
  std::uint64_t size = 0;
  Digest256 root;    ///< BEP 52 "pieces root"; zero for an empty file
  std::string attr;  ///< BEP 47 attributes as written ("x" executable, "h" hidden, "p" padding)

  friend bool operator==(const File&, const File&) = default;
};

/// Whether `component` can name one file or directory anywhere.
/// ERRORS unsafe_path (empty, ".", "..", '/', NUL), limit_exceeded.
base::Status check_component(std::string_view component);
/// Whether `path` is a sequence of such components. ERRORS as check_component.
base::Status check_path(std::string_view path);

/// True when file `a` stands before file `b` in a file tree. A strict order over safe paths.
bool tree_less(std::string_view a, std::string_view b);

/// Reads `info`'s "file tree".
/// ERRORS wrong_type, missing_field, bad_value, unsafe_path, limit_exceeded, unsupported.
base::Result<std::vector<File>> parse_file_tree(const codec::BencodeNode& tree);

/// Writes the value of "file tree".
/// ERRORS as check_path, not_canonical (not in tree order), duplicate (a path twice, or one that is
///        both file and directory), limit_exceeded.
base::Status write_file_tree(codec::BencodeWriter& writer, const std::vector<File>& files);

}  // namespace skep::torrent
