#include "net/mapped_file.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace skep::net {
namespace {

using base::Errc;
using base::fail;

constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;  // never wait for a FIFO

FileStamp stamp_of(const struct stat& st) {
  return {st.st_dev, st.st_ino, static_cast<std::uint64_t>(st.st_size),
          st.st_mtim.tv_sec * 1'000'000'000 + st.st_mtim.tv_nsec};
}

/// For kernels and sandboxes without openat2: no symbolic link at all, component by component.
int open_without_links(int root_fd, std::string_view path) {
  int at = root_fd;
  for (;;) {
    const std::size_t slash = path.find('/');
    const std::string name(path.substr(0, slash));
    const bool last = slash == std::string_view::npos;
    if (name == "..") errno = EXDEV;
    const int next =
        name == ".."
            ? -1
            : ::openat(at, name.c_str(),
                       O_NOFOLLOW | (last ? kOpenFlags : O_PATH | O_CLOEXEC | O_DIRECTORY));
    const int error = errno;
    if (at != root_fd) ::close(at);
    errno = error;
    if (next < 0 || last) return next;
    at = next;
    path.remove_prefix(slash + 1);
  }
}

int open_below(int root_fd, const std::string& path) {
  struct open_how how{};
  how.flags = static_cast<std::uint64_t>(kOpenFlags);
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS;
  const long fd = ::syscall(SYS_openat2, root_fd, path.c_str(), &how, sizeof how);
  if (fd < 0 && (errno == ENOSYS || errno == EPERM || errno == EAGAIN))
    return open_without_links(root_fd, path);
  return static_cast<int>(fd);
}

base::Error error_of(int number) {
  switch (number) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
      return fail(Errc::limit_exceeded, "out of descriptors or memory");
    case EXDEV:
    case ELOOP:
      return fail(Errc::unsafe_path, "a link that leaves the root");
    default:
      return fail(Errc::not_found, "no such file");
  }
}

}  // namespace

base::Result<std::shared_ptr<const MappedFile>> MappedFile::open(int root_fd,
                                                                 const std::string& path) {
  const int fd = open_below(root_fd, path);
  if (fd < 0) return error_of(errno);
  struct stat st{};
  base::Error error;
  void* address = nullptr;
  if (::fstat(fd, &st) != 0) {
    error = error_of(errno);
  } else if (S_ISDIR(st.st_mode)) {
    error = fail(Errc::wrong_type, "a directory");
  } else if (!S_ISREG(st.st_mode)) {
    error = fail(Errc::unsafe_path, "neither a file nor a directory");
  } else if (st.st_size > 0) {
    address = ::mmap(nullptr, static_cast<std::size_t>(st.st_size), PROT_READ, MAP_SHARED, fd, 0);
    if (address == MAP_FAILED) error = fail(Errc::limit_exceeded, "cannot map");
  }
  if (error.code != Errc::none) {
    ::close(fd);
    return error;
  }
  return std::shared_ptr<const MappedFile>(std::make_shared<MappedFile>(fd, address, stamp_of(st)));
}

MappedFile::~MappedFile() {
  if (address_ != nullptr) ::munmap(address_, static_cast<std::size_t>(stamp_.size));
  ::close(fd_);
}

bool MappedFile::intact() const {
  struct stat st{};
  return ::fstat(fd_, &st) == 0 && stamp_of(st) == stamp_;
}

const void* MappedFile::address(std::uint64_t offset) const {
  SKEP_ASSERT(offset <= stamp_.size);
  return static_cast<const char*>(address_) + offset;
}

std::size_t MappedFile::read_at(std::uint64_t offset, void* to, std::size_t size) const {
  for (;;) {
    const ssize_t n = ::pread(fd_, to, size, static_cast<off_t>(offset));
    if (n >= 0) return static_cast<std::size_t>(n);
    if (errno != EINTR) return 0;
  }
}

std::string MappedFile::read_head(std::size_t size) const {
  std::string out(size, '\0');
  std::size_t done = 0;
  while (done < size) {
    const ssize_t n = ::pread(fd_, out.data() + done, size - done, static_cast<off_t>(done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<std::size_t>(n);
  }
  out.resize(done);
  return out;
}

bool stat_below(int root_fd, const std::string& path, FileStamp& stamp) {
  struct stat st{};
  if (::fstatat(root_fd, path.c_str(), &st, 0) != 0 || !S_ISREG(st.st_mode)) return false;
  stamp = stamp_of(st);
  return true;
}

}  // namespace skep::net
