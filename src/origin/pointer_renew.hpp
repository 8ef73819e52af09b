/// pointer_renew.hpp: signs a publication's pointer again before it expires.
/// CONTRACT  the new pointer names what the old one names, and is on or off as the old one was,
///           unless told otherwise; it is replaced by one rename, so readers see the old or the
///           new one. Keeps publishers away meanwhile (OutLock).
/// SPEC      docs/formats/pointer.md
#pragma once

#include <filesystem>
#include <optional>

#include "origin/signature.hpp"

namespace skep::origin {

/// The publication's pointer, signature checked. Throws std::runtime_error (missing, not valid).
site::Pointer read_pointer(const std::filesystem::path& publication);

/// Renews the pointer of `publication` for `days` from `now_s` (Unix time in seconds); `state`
/// switches it on or off. Returns the new one. Throws std::runtime_error (no valid pointer, another
/// key, a publisher is at work), std::system_error.
site::Pointer renew_pointer(const std::filesystem::path& publication, const KeyPair& key, int days,
                            std::int64_t now_s, std::optional<site::Switch> state = std::nullopt);

}  // namespace skep::origin
