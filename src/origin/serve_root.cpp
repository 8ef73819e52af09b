#include "origin/serve_root.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <stdexcept>

#include "codec/hex.hpp"
#include "crypto/sha256.hpp"
#include "origin/key_file.hpp"
#include "origin/pointer_renew.hpp"
#include "origin/publish.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kDaySeconds = 86'400;

bool is_publication(const fs::path& directory) {
  return fs::exists(directory / ".well-known/skep/latest");
}

/// XDG Base Directory Specification; a folder of this user's own when there is no home.
fs::path cache_folder() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return fs::path(cache) / "skep";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/')
    return fs::path(home) / ".cache/skep";
  return fs::temp_directory_path() / ("skep-" + std::to_string(::getuid()));
}

KeyPair development_key(const fs::path& folder) {
  const fs::path file = folder / "development.key";
  try {
    if (!fs::exists(file)) write_key_file(file, generate_key());
  } catch (const KeyFileError&) {
    if (!fs::exists(file)) throw;  // another server made it at this very moment
  }
  return read_key_file(file).key;
}

ServeRoot publish_on_the_fly(const fs::path& source, std::optional<KeyPair> key) {
  const fs::path folder = cache_folder();
  fs::create_directories(folder / "serve");
  fs::permissions(folder, fs::perms::owner_all);
  const std::string name = fs::canonical(source).string();
  const crypto::Digest256 digest = crypto::sha256(base::as_bytes(name));
  PublishOptions options;
  options.source = source;
  options.out = folder / "serve" / codec::encode_hex(digest.view().first(8));
  options.key = key ? *key : development_key(folder);
  options.change_key = true;
  options.durable = false;
  const PublishReport report = publish(options);
  ServeRoot root{options.out, options.key};
  root.note = "published " + source.string() + " with " +
              (key ? "the given key" : "a development key") + ": " +
              std::to_string(report.shared.files) + " files shareable, " +
              std::to_string(report.kept_private.files) + " private";
  return root;
}

}  // namespace

ServeRoot prepare_root(const std::string& directory, const std::string& key_file) {
  if (!fs::is_directory(directory))
    throw std::runtime_error(directory +
                             (fs::exists(directory) ? ": not a directory" : ": no such directory"));
  std::optional<KeyPair> key;
  std::string warning;
  if (!key_file.empty()) {
    LoadedKey loaded = read_key_file(key_file);
    key = loaded.key;
    warning = std::move(loaded.warning);
  }
  if (!is_publication(directory)) {
    ServeRoot root = publish_on_the_fly(directory, key);
    root.warning = std::move(warning);
    return root;
  }
  if (key && read_pointer(directory).key != key->public_key)
    throw std::runtime_error(key_file + " is not the key that signed " + directory +
                             ": it cannot renew its pointer");
  return {directory, key, {}, std::move(warning)};
}

bool renew_if_due(const ServeRoot& root, std::int64_t now_s) {
  if (!root.key) return false;
  const site::Pointer pointer = read_pointer(root.path);
  if (pointer.key != root.key->public_key)
    throw std::runtime_error("the pointer was signed with another key");
  // `seq` is the time of signing (docs/formats/pointer.md), unless it had to be pushed up.
  const std::int64_t life_s = std::clamp<std::int64_t>(pointer.expires_s - pointer.seq, kDaySeconds,
                                                       kPointerDaysMax * kDaySeconds);
  if (pointer.expires_s - now_s > life_s / 2) return false;
  renew_pointer(root.path, *root.key, static_cast<int>((life_s + kDaySeconds / 2) / kDaySeconds),
                now_s);
  return true;
}

}  // namespace skep::origin
