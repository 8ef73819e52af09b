/// publish.hpp: makes a publication: a directory of files, a signed pointer, a torrent, a runtime.
/// CONTRACT  publish() either replaces OUT as a whole or leaves it as it was; the source is only
///           read. The same source, options and version of Skep give the same info-hash. Everything
///           that goes wrong is a PublishError with one clear line.
/// WHY       what is hashed is the copy, not the source: the torrent always describes the bytes
///           that are served, whatever happens to the source meanwhile.
/// SPEC      docs/formats/publication.md, sitemap.md, pointer.md, labels.md
///
///   scan + labels → copy (+ inject) → br, gz → hash → torrent → pointer → flush → swap
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "origin/publish_scan.hpp"
#include "origin/publish_workers.hpp"
#include "origin/runtime_assets.hpp"
#include "origin/signature.hpp"

namespace skep::origin {

class PublishError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Days until a pointer must have been renewed, by default.
inline constexpr int kPointerDaysDefault = 30;
inline constexpr int kPointerDaysMax = 3650;

struct PublishOptions {
  std::filesystem::path source;
  std::filesystem::path out;
  KeyPair key;
  std::vector<std::string> share;  ///< globs, added to those of skep.toml
  bool inject = false;             ///< put the script tag into the publication's pages
  bool change_key = false;         ///< OUT may be a publication of another key
  std::string name;                ///< of the torrent; empty: the source directory's name
  std::uint32_t piece_length = base::kPieceLengthDefault;
  std::vector<std::string> trackers;   ///< URLs; none: the site's own tracker endpoint
  std::vector<std::string> web_seeds;  ///< BEP 19: URLs below which the torrent's name is found
  unsigned threads = 0;                ///< 0: as many as the machine has
  int days = kPointerDaysDefault;
  bool compress = true;
  bool hybrid = false;    ///< v1 clients (stock WebTorrent, aria2) can join, too
  bool durable = true;    ///< flush to disk before swapping (a power cut loses nothing)
  ProgressSink progress;  ///< called from any thread, one call at a time
  std::span<const RuntimeAsset> runtime = runtime_assets();
};

struct FileCount {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
};

struct PublishReport {
  std::filesystem::path out;
  std::string name;
  crypto::Digest256 info_hash;
  crypto::ShortHash v1_hash;  ///< of a hybrid; else zero
  PublicKey key;
  std::int64_t seq = 0;
  std::int64_t expires_s = 0;
  FileCount shared;        ///< in the torrent, as the site has them
  FileCount swarm_forms;   ///< of these: exchanged compressed, and how large that is
  FileCount kept_private;  ///< published, plain HTTP only; includes left_to_http
  FileCount left_to_http;  ///< shareable, but too small to be worth their metadata
  FileCount variants;      ///< .br and .gz files
  std::uint64_t metadata_bytes = 0;
  std::uint64_t metadata_budget = 0;
  std::uint64_t injected_pages = 0;
  std::uint64_t offline_pages = 0;
  std::vector<WithheldPath> withheld;
  std::vector<std::string> notes;  ///< what the publisher should know
  /// Seconds of wall time.
  double scan_s = 0, copy_s = 0, hash_s = 0, compress_s = 0, torrent_s = 0, flush_s = 0,
         total_s = 0;
};

/// Throws PublishError.
PublishReport publish(const PublishOptions& options);

}  // namespace skep::origin
