/// file_tree.hpp: a directory as a web server sees it: paths to mapped files, with their
///                precompressed variants, remembered between requests.
/// CONTRACT  every lookup is checked against the file system (one stat per file and one for the
///           root, about a microsecond each), so an answer is never older than its request. When
///           the root itself is replaced (an atomic publish), the next lookup sees the new one;
///           while it is missing, the old one goes on being served.
/// WHY       opening and mapping costs ten times as much as a stat.
/// LIMITS    kEntriesMax files (three descriptors each at most), kMappedBytesMax of address space;
///           the least recently used goes first. Owners of a file keep it beyond that.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "net/mapped_file.hpp"

namespace skep::net {

/// One file and what stands beside it. A variant is used only if it is not older than the file.
struct FileEntry {
  std::shared_ptr<const MappedFile> file;
  std::shared_ptr<const MappedFile> brotli;  ///< file + ".br", or null
  std::shared_ptr<const MappedFile> gzip;    ///< file + ".gz", or null
};

struct FileTreeOptions {
  std::size_t entries_max = 1024;
  std::uint64_t mapped_bytes_max = std::uint64_t{64} << 30;
  /// Looks at a file when it is opened; true hides it.
  std::function<bool(const std::string& path, const MappedFile& file)> hides = {};
};

class FileTree {
 public:
  FileTree(std::string root, FileTreeOptions options = {});
  ~FileTree();
  FileTree(const FileTree&) = delete;
  FileTree& operator=(const FileTree&) = delete;

  /// ERRORS as MappedFile::open; not_found also for hidden files.
  /// Without `variants`, those of a known file may be out of date: two stats less for a client that
  /// takes no codings.
  base::Result<std::shared_ptr<const FileEntry>> find(const std::string& path,
                                                      bool variants = true);

  const std::string& root() const { return root_; }
  /// Counts up whenever the root directory was replaced.
  std::uint64_t generation() const { return generation_; }
  std::size_t entries() const { return entries_.size(); }

 private:
  struct Slot {
    std::shared_ptr<const FileEntry> entry;
    std::uint64_t mapped_bytes = 0;
    std::list<std::string>::iterator recent;
  };

  void refresh_root();
  bool fresh(const std::string& path, const FileEntry& entry, bool variants) const;
  base::Result<std::shared_ptr<const FileEntry>> open(const std::string& path) const;
  void remember(const std::string& path, std::shared_ptr<const FileEntry> entry);
  void forget(std::map<std::string, Slot>::iterator slot);

  std::string root_;
  FileTreeOptions options_;
  int root_fd_ = -1;
  std::uint64_t root_device_ = 0;
  std::uint64_t root_inode_ = 0;
  std::uint64_t generation_ = 0;
  std::uint64_t mapped_bytes_ = 0;
  std::map<std::string, Slot> entries_;
  std::list<std::string> recent_;  ///< least recently used first
};

}  // namespace skep::net
