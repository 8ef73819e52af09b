/// publish_torrent.hpp: the torrent of one version: site map, file tree, and the metadata budget.
/// CONTRACT  pure. Deterministic: depends on names, contents, media types and the options only.
/// SPEC      docs/formats/sitemap.md ("Budget")
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/result.hpp"
#include "origin/cache_rules.hpp"
#include "torrent/builder.hpp"

namespace skep::origin {

/// The metainfo may always be this large, however small the site.
inline constexpr std::uint64_t kMetadataFloor = 64'000;

/// The larger of 1 % of `shared_bytes` and kMetadataFloor.
std::uint64_t metadata_budget(std::uint64_t shared_bytes);

struct TorrentRequest {
  std::string name;
  std::uint32_t piece_length = base::kPieceLengthDefault;
  std::vector<torrent::PlannedFile> files;  ///< any order
  std::vector<std::string> trackers;
  std::vector<CacheRule> cache = {};
  /// Which of `files` are swarm forms ("app.js.gz" of "app.js"), and how large what they stand for
  /// is: budgets are about the site as it is, not about what peers make of it.
  std::map<std::string, std::uint64_t> plain_sizes = {};
  std::vector<std::string> web_seeds = {};
  bool hybrid = false;  ///< REQUIRES files that were hashed for it

  std::uint64_t plain_size(const torrent::PlannedFile& file) const;
};

struct PlannedTorrent {
  torrent::BuiltTorrent built;
  std::vector<torrent::PlannedFile> files;     ///< in the torrent, in tree order
  std::vector<torrent::PlannedFile> left_out;  ///< the smallest ones, when all would cost too much
  std::uint64_t shared_bytes = 0;              ///< of the files as the site has them
  std::uint64_t budget = 0;
};

/// ERRORS of build_torrent.
base::Result<PlannedTorrent> plan_torrent(TorrentRequest request);

}  // namespace skep::origin
