/// builder.hpp: writes a v2 or hybrid torrent: the info dictionary, its hashes, and the .torrent.
/// CONTRACT  deterministic: the same plan gives the same bytes, with no date and no creator. The
///           bytes parse back with parse_metainfo() to what was planned.
/// SPEC      BEP 52 "metainfo files" and, for hybrids, v1_half.hpp; BEP 12 announce-list, BEP 19
///           url-list.
/// LIMITS    those of metainfo.hpp, so that what is built can also be read.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"
#include "torrent/file_hasher.hpp"
#include "torrent/file_tree.hpp"

namespace skep::torrent {

struct PlannedFile {
  std::string path;  ///< relative, '/'-joined
  HashedFile hashed;
};

struct TorrentPlan {
  std::string name;
  std::uint32_t piece_length = base::kPieceLengthDefault;
  std::vector<PlannedFile> files;  ///< in tree order: see sort_tree_order()
  bool hybrid = false;             ///< v1 clients can read it too
  base::Bytes skep;                ///< the bencoded site map, or empty for none
  std::vector<std::vector<std::string>> trackers;
  std::vector<std::string> web_seeds;
};

struct BuiltTorrent {
  base::Bytes info;
  Digest256 info_hash;
  crypto::ShortHash v1_hash;  ///< zero unless hybrid
  base::Bytes metainfo;
};

/// Puts files into the order in which a file tree numbers them.
void sort_tree_order(std::vector<PlannedFile>& files);

/// ERRORS unsafe_path, duplicate, not_canonical (files not sorted), limit_exceeded, bad_value
///        (piece length, no files), and those of decode_bencode when `skep` is no bencoded item.
/// REQUIRES hashes that were made with the plan's piece length, and for a hybrid if it is one.
base::Result<BuiltTorrent> build_torrent(const TorrentPlan& plan);

}  // namespace skep::torrent
