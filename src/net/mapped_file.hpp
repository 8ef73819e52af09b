/// mapped_file.hpp: a regular file, opened below a root and mapped for sending.
/// CONTRACT  immutable handle; unmapped and closed with its last owner. The mapped bytes are only
///           ever handed to the kernel (send), never read by our own code: touching a page behind
///           the end of a truncated file raises SIGBUS in user mode, but is a plain EFAULT inside
///           a system call. So truncation can end a connection, never the process.
/// WHY       a SIGBUS handler with siglongjmp, or one that maps zero pages, works as well, but is
///           process-global and easy to break; this needs no handler. mapped_file_test proves it.
/// LIMITS    the descriptor stays open, so that intact() sees later changes of the same file.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.hpp"
#include "base/result.hpp"

namespace skep::net {

/// What identifies one state of a file.
struct FileStamp {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};

class MappedFile {
 public:
  /// Opens `path` (relative, '/'-separated) below the directory `root_fd`; symbolic links may not
  /// leave it. ERRORS not_found, wrong_type (a directory), unsafe_path (a device, pipe, link that
  /// leaves), limit_exceeded (out of descriptors or memory: try later).
  static base::Result<std::shared_ptr<const MappedFile>> open(int root_fd, const std::string& path);

  MappedFile(int fd, void* address, FileStamp stamp) : fd_(fd), address_(address), stamp_(stamp) {}
  ~MappedFile();
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  const FileStamp& stamp() const { return stamp_; }
  std::uint64_t size() const { return stamp_.size; }
  /// False once the file was written or truncated after it was mapped.
  bool intact() const;
  /// Where byte `offset` is mapped. For system calls only. REQUIRES offset <= size().
  const void* address(std::uint64_t offset) const;
  /// Copies up to `size` bytes from `offset` (by pread, hence safe). RETURNS 0 when there are none.
  std::size_t read_at(std::uint64_t offset, void* to, std::size_t size) const;
  /// Copies at most `size` bytes from the start (by pread, hence safe). RETURNS fewer on errors.
  std::string read_head(std::size_t size) const;

 private:
  int fd_;
  void* address_;  ///< null for an empty file
  FileStamp stamp_;
};

/// The stamp of `path` below `root_fd` as it is now, links followed; false when there is none.
bool stat_below(int root_fd, const std::string& path, FileStamp& stamp);

}  // namespace skep::net
