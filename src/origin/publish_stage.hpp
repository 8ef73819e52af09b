/// publish_stage.hpp: building beside the publication, and swapping in by one rename.
/// CONTRACT  at every moment OUT is the old publication, whole, or the new one, whole. One stage
///           per OUT at a time (a lock that the kernel drops with the process). What a killed run
///           left behind is found and removed by the next.
/// SPEC      docs/formats/publication.md; renameat2(2) RENAME_EXCHANGE
///
///   OUT                     what is served
///   OUT.publishing-<pid>    being built; after the swap: the old version, being removed
///   OUT.publishing.lock     exists while a publisher (or a renewal of the pointer) works
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace skep::origin {

/// OUT as an absolute path; a link to a directory is followed, so that the link stays.
std::filesystem::path resolve_out(const std::filesystem::path& out);

/// Keeps every other publisher away from one OUT.
class OutLock {
 public:
  /// Throws std::runtime_error when somebody else holds it, std::system_error.
  explicit OutLock(const std::filesystem::path& out);
  OutLock(const OutLock&) = delete;
  OutLock& operator=(const OutLock&) = delete;
  ~OutLock();

 private:
  std::filesystem::path path_;
  int fd_ = -1;
};

class Stage {
 public:
  /// Takes the lock, removes left-overs, and makes the empty directory to build in.
  /// Throws std::runtime_error (locked; OUT is neither a publication nor empty), system_error.
  explicit Stage(const std::filesystem::path& out);
  Stage(const Stage&) = delete;
  Stage& operator=(const Stage&) = delete;
  /// Removes what was built unless it was swapped in.
  ~Stage();

  const std::filesystem::path& directory() const { return directory_; }
  /// Left-overs of killed runs that were removed.
  const std::vector<std::string>& removed() const { return removed_; }
  /// Whether there is a publication that this one replaces.
  bool replaces() const { return replaces_; }

  /// Forces everything built to disk, in one go for the whole file system.
  void flush() const;
  /// Makes the built directory OUT, then removes the old one. A second call is our bug.
  void swap_in();

 private:
  std::filesystem::path out_;
  OutLock lock_;
  std::filesystem::path directory_;
  std::vector<std::string> removed_;
  bool replaces_ = false;
  bool swapped_ = false;
};

}  // namespace skep::origin
