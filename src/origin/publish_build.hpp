/// publish_build.hpp: the files of a publication, written into an empty directory.
/// CONTRACT  each step works on the directory the step before left; threads inside of a step only.
///           Throws std::system_error, std::runtime_error, PublishError.
/// SPEC      docs/formats/publication.md
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "origin/labels_toml.hpp"
#include "origin/publish.hpp"
#include "origin/publish_scan.hpp"
#include "site/glob.hpp"

namespace skep::origin {

/// Throws PublishError when the source has a name that only publications use.
void refuse_reserved_names(const Scan& scan);

/// Copies every file (with the tag in pages, when asked) and checks that none changed meanwhile.
/// Returns the number of pages that got the tag.
std::uint64_t copy_site(const PublishOptions& options, const Scan& scan,
                        const std::filesystem::path& to);

/// Writes .br and .gz beside the files (of the site and of the runtime, which must be there
/// already) that gain from them. A file of the site that stands where a variant would stand must be
/// one.
FileCount write_variants(const PublishOptions& options, const Scan& scan,
                         const std::filesystem::path& to);

/// The path of what peers exchange for a shared file: its gzip variant, when write_variants made
/// one (so it is smaller by a margin), else its own. Media play by ranges of the file itself, and
/// stay.
std::string swarm_path(const std::string& path, const Scan& scan,
                       const std::filesystem::path& root);

/// Writes the runtime's files.
void write_runtime(std::span<const RuntimeAsset> assets, const std::filesystem::path& to);

/// Writes .well-known/skep/offline.json: the pages that the settings name, the runtime, and the
/// shared files to have in advance. Returns the number of pages. Globs that match nothing go to
/// `notes`.
std::uint64_t write_offline(const SiteSettings& settings, const Scan& scan,
                            std::span<const RuntimeAsset> runtime, const std::filesystem::path& to,
                            std::vector<std::string>& notes);

}  // namespace skep::origin
