#include "host/file_store.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace skep::host {
namespace {

namespace fs = std::filesystem;

/// A file descriptor that closes itself.
struct File {
  int fd;
  File(const fs::path& path, int flags) : fd(::open(path.c_str(), flags | O_CLOEXEC, 0666)) {}
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
};

}  // namespace

FileStore::FileStore(const fs::path& folder, const torrent::Info& info) {
  const bool single = info.files.size() == 1 && info.files[0].path == info.name;
  for (const torrent::File& file : info.files) {
    paths_.push_back(single ? folder / file.path : folder / info.name / file.path);
    sizes_.push_back(file.size);
  }
}

fs::path FileStore::part(base::FileIndex file) const {
  fs::path out = path(file);
  out += ".part";
  return out;
}
fs::path FileStore::here(base::FileIndex file) const {
  return named(file) ? path(file) : part(file);
}

bool FileStore::failed(const fs::path& path) {
  why_ = path.string() + ": " + std::strerror(errno);
  return false;
}

bool FileStore::named(base::FileIndex file) const {
  std::error_code error;
  return fs::exists(fs::symlink_status(path(file), error));
}

std::uint64_t FileStore::size_here(base::FileIndex file) const {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(here(file), error);
  return error ? 0 : size;
}

bool FileStore::write(base::FileIndex file, std::uint64_t offset, base::ByteView bytes) {
  std::error_code error;
  fs::create_directories(path(file).parent_path(), error);
  const File out(part(file), O_WRONLY | O_CREAT | O_NOFOLLOW);
  if (out.fd < 0) return failed(part(file));
  while (!bytes.empty()) {
    const ssize_t put = ::pwrite(out.fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) return failed(part(file));
    bytes = bytes.subspan(static_cast<std::size_t>(put));
    offset += static_cast<std::uint64_t>(put);
  }
  return true;
}

base::Bytes FileStore::read(base::FileIndex file, std::uint64_t offset, std::size_t size) const {
  base::Bytes out(size);
  const File in(here(file), O_RDONLY);
  std::size_t at = 0;
  while (in.fd >= 0 && at < size) {
    const ssize_t got = ::pread(in.fd, out.data() + at, size - at, static_cast<off_t>(offset + at));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    at += static_cast<std::size_t>(got);
  }
  out.resize(at);
  return out;
}

bool FileStore::complete(base::FileIndex file) {
  if (named(file)) return true;  // it was there, and whole
  if (sizes_[file.value] == 0 && !write(file, 0, {})) return false;
  if (::truncate(part(file).c_str(), static_cast<off_t>(sizes_[file.value])) != 0)
    return failed(part(file));
  if (::rename(part(file).c_str(), path(file).c_str()) != 0) return failed(path(file));
  return true;
}

}  // namespace skep::host
