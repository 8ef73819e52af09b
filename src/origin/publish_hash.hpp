/// publish_hash.hpp: Merkle roots and piece layers of many files, on several threads.
/// CONTRACT  large files are cut into runs of whole pieces, so that one big file uses all threads
///           too. Memory: 256 KiB a thread and 32 bytes a piece.
/// SPEC      BEP 52 "pieces root", "piece layers"
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "origin/publish_workers.hpp"
#include "torrent/file_hasher.hpp"

namespace skep::origin {

/// Hashes `paths` below `root`, in the order given. REQUIRES a valid piece length.
/// Throws std::system_error; std::runtime_error when a file shrinks meanwhile.
std::vector<torrent::HashedFile> hash_files(const std::filesystem::path& root,
                                            const std::vector<std::string>& paths,
                                            std::uint32_t piece_length, unsigned threads,
                                            StageProgress& progress);

}  // namespace skep::origin
