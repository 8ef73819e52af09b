#include "origin/publish_file.hpp"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace skep::origin {
namespace {

constexpr mode_t kPublicFile = 0644;
constexpr std::size_t kCopyChunk = std::size_t{64} << 20;

FileStamp stamp_from(const struct stat& status) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  return {static_cast<std::uint64_t>(status.st_size),
          status.st_mtim.tv_sec * kSecond + status.st_mtim.tv_nsec,
          status.st_ctim.tv_sec * kSecond + status.st_ctim.tv_nsec, status.st_ino, status.st_dev};
}

/// Kernel copy from where both files stand, to the end. False: not possible between these two.
bool copy_in_kernel(int from, int to, const std::filesystem::path& path) {
  for (bool first = true;; first = false) {
    const ssize_t copied = ::copy_file_range(from, nullptr, to, nullptr, kCopyChunk, 0);
    if (copied == 0) return true;
    if (copied > 0) continue;
    if (errno == EINTR) continue;
    if (first && (errno == EXDEV || errno == ENOSYS || errno == EINVAL || errno == EOPNOTSUPP))
      return false;
    throw_errno(path);
  }
}

}  // namespace

void throw_errno(const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), path.string());
}

FileStamp stamp_of(const std::filesystem::path& path) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0) throw_errno(path);
  return stamp_from(status);
}

InputFile::InputFile(const std::filesystem::path& path) : path_(path) {
  fd_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (fd_ < 0) throw_errno(path);
  struct stat status{};
  if (::fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) {
    ::close(fd_);
    throw std::system_error(EINVAL, std::generic_category(), path.string() + ": no regular file");
  }
  stamp_ = stamp_from(status);
}

InputFile::~InputFile() { ::close(fd_); }

std::size_t InputFile::read(std::uint64_t offset, base::ByteSpan to) const {
  std::size_t done = 0;
  while (done < to.size()) {
    const ssize_t got =
        ::pread(fd_, to.data() + done, to.size() - done, static_cast<off_t>(offset + done));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw_errno(path_);
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  return done;
}

OutputFile::OutputFile(const std::filesystem::path& path) : path_(path) {
  fd_ = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, kPublicFile);
  if (fd_ < 0) throw_errno(path);
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) ::close(fd_);
}

void OutputFile::write(base::ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t put = ::write(fd_, bytes.data(), bytes.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw_errno(path_);
    written_ += static_cast<std::uint64_t>(put);
    bytes = bytes.subspan(static_cast<std::size_t>(put));
  }
}

void OutputFile::sync() {
  if (::fsync(fd_) != 0) throw_errno(path_);
}

void OutputFile::close() {
  const int fd = fd_;
  fd_ = -1;
  if (::close(fd) != 0) throw_errno(path_);
}

base::Bytes read_file(const std::filesystem::path& path, std::uint64_t limit) {
  const InputFile file(path);
  if (file.size() > limit) throw std::runtime_error(path.string() + ": larger than expected");
  base::Bytes out(static_cast<std::size_t>(file.size()));
  out.resize(file.read(0, out));
  return out;
}

FileStamp copy_content(const std::filesystem::path& from, const std::filesystem::path& to) {
  const InputFile in(from);
  OutputFile out(to);
  if (in.size() > 0 && ::ioctl(out.fd(), FICLONE, in.fd()) != 0 &&
      !copy_in_kernel(in.fd(), out.fd(), to)) {
    base::Bytes chunk(1 << 20);
    std::uint64_t at = 0;
    while (const std::size_t size = in.read(at, chunk)) {
      out.write(base::ByteView(chunk).first(size));
      at += size;
    }
  }
  out.close();
  return in.stamp();
}

void replace_file(const std::filesystem::path& path, base::ByteView content) {
  std::filesystem::path fresh = path;
  fresh += ".new-" + std::to_string(::getpid());
  ::unlink(fresh.c_str());
  try {
    OutputFile file(fresh);
    file.write(content);
    file.sync();
    file.close();
    if (::rename(fresh.c_str(), path.c_str()) != 0) throw_errno(path);
  } catch (...) {
    ::unlink(fresh.c_str());
    throw;
  }
  sync_directory(path.parent_path().empty() ? "." : path.parent_path());
}

void sync_directory(const std::filesystem::path& path) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw_errno(path);
  const int result = ::fsync(fd);
  ::close(fd);
  if (result != 0) throw_errno(path);
}

}  // namespace skep::origin
