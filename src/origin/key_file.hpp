/// key_file.hpp: a publisher's key on disk.
/// CONTRACT  a key file is made with mode 0600 and never overwritten. Reading one that others can
///           read works, with a warning: refusing would stop a site from being published, and the
///           harm is done already. Errors are KeyFileError with the file's name.
/// SPEC      docs/formats/pointer.md, "Key file"
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

#include "origin/signature.hpp"

namespace skep::origin {

class KeyFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Writes `key` into a new file. Throws KeyFileError when it exists or cannot be written.
void write_key_file(const std::filesystem::path& path, const KeyPair& key);

struct LoadedKey {
  KeyPair key;
  std::string warning;  ///< empty, or why this file should not be as it is
};
/// Reads a key file. Throws KeyFileError (missing, not a key file, public key that does not belong
/// to the secret).
LoadedKey read_key_file(const std::filesystem::path& path);

/// Reads a public key of 64 hex digits. Throws KeyFileError.
PublicKey parse_public_key(const std::string& text);

}  // namespace skep::origin
