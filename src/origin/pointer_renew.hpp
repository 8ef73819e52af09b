/// pointer_renew.hpp: signs a publication's pointer again before it expires.
/// CONTRACT  the new pointer names what the old one names; it is replaced by one rename, so readers
///           see the old or the new one. Keeps publishers away meanwhile (OutLock).
/// SPEC      docs/formats/pointer.md
#pragma once

#include <filesystem>

#include "origin/signature.hpp"

namespace skep::origin {

/// The publication's pointer, signature checked. Throws std::runtime_error (missing, not valid).
site::Pointer read_pointer(const std::filesystem::path& publication);

/// Renews the pointer of `publication` for `days` from `now_s` (Unix time in seconds). Returns the
/// new one. Throws std::runtime_error (no valid pointer, another key, a publisher is at work),
/// std::system_error.
site::Pointer renew_pointer(const std::filesystem::path& publication, const KeyPair& key, int days,
                            std::int64_t now_s);

}  // namespace skep::origin
