/// publish_file.hpp: files as the publisher reads and writes them.
/// CONTRACT  descriptors are closed by destructors; every failure throws std::system_error whose
///           text begins with the path. Not for serving: see net/.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>

#include "base/bytes.hpp"

namespace skep::origin {

/// Throws std::system_error for errno, naming the path.
[[noreturn]] void throw_errno(const std::filesystem::path& path);

/// What tells that a file was changed while it was read. Two equal stamps: nobody touched it.
struct FileStamp {
  std::uint64_t size = 0;
  std::int64_t mtime_ns = 0;
  std::int64_t ctime_ns = 0;
  std::uint64_t inode = 0;
  std::uint64_t device = 0;
  friend bool operator==(const FileStamp&, const FileStamp&) = default;
};
/// The stamp of the regular file at `path` (links are followed). Throws std::system_error.
FileStamp stamp_of(const std::filesystem::path& path);

class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path);
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;
  ~InputFile();

  int fd() const { return fd_; }
  std::uint64_t size() const { return stamp_.size; }
  /// As of opening.
  const FileStamp& stamp() const { return stamp_; }
  /// Fills `to` from `offset`; fewer bytes only at the end of the file. Threads may share it.
  std::size_t read(std::uint64_t offset, base::ByteSpan to) const;

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  FileStamp stamp_;
};

/// A new file; an existing one is an error.
class OutputFile {
 public:
  explicit OutputFile(const std::filesystem::path& path);
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;
  ~OutputFile();

  int fd() const { return fd_; }
  void write(base::ByteView bytes);
  std::uint64_t written() const { return written_; }
  /// Forces the content to disk.
  void sync();
  /// Reports what close() reports (full disks of network file systems).
  void close();

 private:
  std::filesystem::path path_;
  int fd_ = -1;
  std::uint64_t written_ = 0;
};

/// A whole small file. Throws when it is larger than `limit`.
base::Bytes read_file(const std::filesystem::path& path, std::uint64_t limit);

/// Copies the content of `from` into the new file `to`: shares extents where the file system can
/// (later changes of one never show in the other), else copies in the kernel.
/// Returns the stamp of the source as of opening.
FileStamp copy_content(const std::filesystem::path& from, const std::filesystem::path& to);

/// Replaces `path` by a file with this content: whoever opens it sees the old or the new one.
void replace_file(const std::filesystem::path& path, base::ByteView content);

/// Forces a directory's entries to disk.
void sync_directory(const std::filesystem::path& path);

}  // namespace skep::origin
