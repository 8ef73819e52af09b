/// serve_root.hpp: what `skep serve` serves: a publication, or a site published on the fly.
/// CONTRACT  a site's source is only read. Its publication goes into the user's cache, one folder
///           for each source, and is signed with one development key that is made once: visitors
///           pin the first key they see; a new one at every start would shut them out.
/// SPEC      docs/serve.md, "A directory that is not published"
#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "origin/signature.hpp"

namespace skep::origin {

struct ServeRoot {
  std::filesystem::path path;  ///< the publication
  std::optional<KeyPair> key;  ///< to renew its pointer with
  std::string note = {};       ///< one line for the person who started us, or empty
  std::string warning = {};    ///< about the key file, or empty
};

/// Throws std::exception with a sentence. `key_file` may be empty.
ServeRoot prepare_root(const std::string& directory, const std::string& key_file);

/// Signs the pointer of `root` again when half of its life is over. RETURNS whether it did.
/// Throws std::exception (no valid pointer, another key, a publisher at work).
bool renew_if_due(const ServeRoot& root, std::int64_t now_s);

}  // namespace skep::origin
