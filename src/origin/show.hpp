/// show.hpp: what is in a file of ours, as JSON: a torrent, a pointer, a key, a publication.
/// CONTRACT  a key's secret is never part of it. `print_human` is for people and may change;
///           the JSON is for scripts.
#pragma once

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

namespace skep::origin {

/// {"kind":"publication"|"torrent"|"pointer"|"key", …}.
/// Throws std::runtime_error (none of these, or damaged), std::system_error.
nlohmann::json describe(const std::filesystem::path& path);

/// The same as lines for a person; `files_max` files of a torrent are listed.
std::string print_human(const nlohmann::json& description, std::size_t files_max = 40);

/// "1.5 MB" (powers of 1000).
std::string print_bytes(std::uint64_t bytes);
/// "2026-11-20 14:03:12 UTC".
std::string print_time(std::int64_t unix_s);

}  // namespace skep::origin
