/// publish_site.hpp: small sites in temporary directories, for tests of publishing.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "origin/publish.hpp"
#include "origin/verify.hpp"

namespace skep::origin::testing {

/// A new directory; removed with everything below it.
class TempDirectory {
 public:
  TempDirectory();
  TempDirectory(const TempDirectory&) = delete;
  TempDirectory& operator=(const TempDirectory&) = delete;
  ~TempDirectory();
  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Writes a file and the directories above it.
void write(const std::filesystem::path& path, std::string_view content);
std::string read(const std::filesystem::path& path);
/// `size` bytes that do not compress, the same for the same seed.
std::string noise(std::size_t size, std::uint64_t seed);

/// A loader, a service worker and one hashed part, and one on demand: what publish needs to be
/// content.
std::span<const RuntimeAsset> tiny_runtime();

/// The same key in every test.
KeyPair test_key();

/// A site with a page, shareable assets in sub directories, private files and secrets.
void write_small_site(const std::filesystem::path& root);

/// Options that publish `source` to `out` with the test key, without waiting for disks.
PublishOptions options_for(const std::filesystem::path& source, const std::filesystem::path& out);

/// The problems that verify finds, with the test key; one per line.
std::string problems_of(const std::filesystem::path& publication);

}  // namespace skep::origin::testing
