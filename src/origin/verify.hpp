/// verify.hpp: is a publication whole, and is it what its key signed?
/// CONTRACT  reads everything below OUT, changes nothing. A problem is a line for a person, the
///           path first. No problem means: pointer, torrents, every shared byte, every variant and
///           the runtime are right, and the torrents name nothing that labels could never allow.
/// SPEC      docs/formats/publication.md, pointer.md, sitemap.md
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "origin/publish_workers.hpp"
#include "origin/runtime_assets.hpp"
#include "site/pointer.hpp"

namespace skep::origin {

struct VerifyOptions {
  std::filesystem::path publication;
  std::optional<site::PublicKey> key;  ///< must be the signer
  std::int64_t now_s = 0;              ///< Unix time in seconds
  unsigned threads = 0;                ///< 0: as many as the machine has
  ProgressSink progress;
  std::span<const RuntimeAsset> runtime = runtime_assets();
};

struct VerifyReport {
  std::vector<std::string> problems;
  std::vector<std::string> notes;  ///< worth knowing, not wrong
  std::uint64_t files = 0;         ///< shared files that were checked
  std::uint64_t bytes = 0;
  std::uint64_t variants = 0;
  site::PublicKey key;  ///< the pointer's, when it could be read
};

/// Throws std::system_error only when the directory itself cannot be read.
VerifyReport verify_publication(const VerifyOptions& options);

}  // namespace skep::origin
