/// compress.hpp: precompressed variants: app.js.br and app.js.gz beside app.js.
/// CONTRACT  reads and writes files in pieces: memory stays bounded whatever their size. The same
///           input, quality and library version give the same bytes.
/// SPEC      RFC 7932 (brotli), RFC 1952 (gzip, without name and time)
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string_view>

#include "base/bytes.hpp"

namespace skep::origin {

enum class Encoding : std::uint8_t { brotli, gzip };
/// ".br", ".gz".
std::string_view suffix_of(Encoding encoding);

/// How much time compression may take. `best` is for few bytes: 0.6 MB/s, against 30.
enum class Effort : std::uint8_t { best, good, quick };
/// The effort for a site with that many compressible bytes: what stays under about a minute.
Effort effort_for(std::uint64_t compressible_bytes);

/// A variant must save 5 % and 200 bytes: less is not worth a file and a cache entry.
bool worth_keeping(std::uint64_t original, std::uint64_t compressed);

/// Whether compressing `path` can pay, by a quick look at a few places of it: a second spent on
/// every 20 MB of a game pack that is compressed already would be for nothing. Small files: true.
/// Throws std::system_error.
bool looks_compressible(const std::filesystem::path& path);

/// Writes `to`, the compressed form of `from`, and returns its size; when it is not worth keeping
/// there is no file afterwards and no size. Throws std::system_error (disk), std::runtime_error.
std::optional<std::uint64_t> compress_file(const std::filesystem::path& from,
                                           const std::filesystem::path& to, Encoding encoding,
                                           Effort effort);

/// What a variant decompresses to, piece by piece. False when it is damaged, goes on after its end,
/// or `take` returned false. Throws std::system_error.
bool decompress_file(const std::filesystem::path& from, Encoding encoding,
                     const std::function<bool(base::ByteView)>& take);

}  // namespace skep::origin
