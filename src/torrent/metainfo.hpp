/// metainfo.hpp: a v2 .torrent, read strictly: what it names, and the hashes to check it by.
/// CONTRACT  an Info or Metainfo owns everything it returns; views and spans live as long as it and
///           may be moved along with it. Whatever parses has been checked: safe paths, sizes within
///           limits, every piece layer hashed up to its file's root.
/// SPEC      BEP 52 "metainfo files"; BEP 12 announce-list; BEP 19 url-list; BEP 9 for a bare info.
///           Of hybrids parse_content() reads the v2 half only; parse_metainfo() also checks that
///           the v1 half says the same (v1_half.hpp). v1-only is unsupported.
/// LIMITS    kMetainfoSizeMax, kPiecesMax, kUrlsMax, and those of file_tree.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.hpp"
#include "base/ids.hpp"
#include "base/limits.hpp"
#include "base/result.hpp"
#include "crypto/digest.hpp"
#include "torrent/file_tree.hpp"

namespace skep::torrent {

/// Pieces of one torrent: what a BITFIELD message within kPeerMessageMax can describe.
inline constexpr std::uint32_t kPiecesMax = (base::kPeerMessageMax - 64) * 8;
/// Trackers and web seeds in one torrent, all tiers together.
inline constexpr std::size_t kUrlsMax = 100;
/// Length of such a URL; browsers and servers agree on about 2,000.
inline constexpr std::size_t kUrlSizeMax = 2048;

/// The info dictionary: what the info-hash covers and BEP 9 hands from peer to peer.
struct Info {
  base::Bytes raw;   ///< exactly the bytes that were hashed
  Digest256 hash;    ///< v2 info-hash
  std::string name;  ///< a safe path component; advisory
  std::uint32_t piece_length = 0;
  std::vector<File> files;   ///< in file tree order; FileIndex counts them
  std::uint32_t pieces = 0;  ///< of all files together
  bool hybrid = false;       ///< v1 keys are present

  crypto::ShortHash short_hash() const { return crypto::shorten(hash); }
  /// The bencoded value of the "skep" key (the site map), or an empty view when there is none.
  base::ByteView skep() const { return base::ByteView(raw).subspan(skep_at, skep_size); }
  const File& file(base::FileIndex index) const;

  std::size_t skep_at = 0;
  std::size_t skep_size = 0;
};

/// Reads a bare info dictionary, as BEP 9 delivers it. The caller compares `hash`.
/// ERRORS those of decode_bencode and parse_file_tree; unsupported (v1-only, newer meta version).
base::Result<Info> parse_info(base::ByteView info);

/// The piece layers of all files. Files with the same root share one.
class PieceLayers {
 public:
  PieceLayers() = default;
  explicit PieceLayers(std::size_t files) : of_file_(files) {}

  /// The piece hashes of a file; empty when the file is not larger than a piece.
  std::span<const Digest256> of(base::FileIndex file) const {
    SKEP_ASSERT(file.value < of_file_.size());
    return std::span(hashes_).subspan(of_file_[file.value].first, of_file_[file.value].count);
  }

 private:
  friend class LayerReader;
  struct Run {
    std::size_t first = 0;
    std::size_t count = 0;
  };
  std::vector<Digest256> hashes_;
  std::vector<Run> of_file_;
};

/// What a .torrent says about the files: all that a peer needs.
struct Content {
  Info info;
  PieceLayers layers;

  /// The hash that a piece must have (see piece_hash()): its layer entry, or the root of a small
  /// file. REQUIRES that the file has such a piece.
  const Digest256& expected_hash(base::FileIndex file, base::PieceIndex piece) const;
};

struct Metainfo : Content {
  std::vector<std::vector<std::string>> trackers;  ///< tiers of "announce-list", else "announce"
  std::vector<std::string> web_seeds;              ///< "url-list"
};

/// Reads a .torrent without looking at its URLs. ERRORS as parse_metainfo.
base::Result<Content> parse_content(base::ByteView metainfo);
/// Reads a complete .torrent.
/// ERRORS as parse_info; hash_mismatch (a piece layer that is not its file's), missing_field (a
///        layer is absent), bad_value (layer of a wrong size, or of no file; a hybrid whose halves
///        differ).
base::Result<Metainfo> parse_metainfo(base::ByteView metainfo);

}  // namespace skep::torrent
