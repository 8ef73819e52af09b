/// publish_hash.hpp: Merkle roots, piece layers and v1 pieces of many files, on several threads.
/// CONTRACT  large files are cut into runs of whole pieces, so that one big file uses all threads
///           too. Memory: 256 KiB a thread and 32 bytes a piece.
/// SPEC      BEP 52 "pieces root", "piece layers"; torrent/v1_half.hpp
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "origin/publish_workers.hpp"
#include "torrent/file_hasher.hpp"

namespace skep::origin {

struct HashOptions {
  std::uint32_t piece_length = base::kPieceLengthDefault;
  bool hybrid = false;  ///< the v1 half as well
  unsigned threads = 1;
};

/// Hashes `paths` below `root`, in the order given. REQUIRES a valid piece length.
/// Throws std::system_error; std::runtime_error when a file shrinks meanwhile.
std::vector<torrent::HashedFile> hash_files(const std::filesystem::path& root,
                                            const std::vector<std::string>& paths,
                                            const HashOptions& options, StageProgress& progress);

}  // namespace skep::origin
