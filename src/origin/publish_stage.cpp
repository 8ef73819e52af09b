#include "origin/publish_stage.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <stdexcept>

#include "base/assert.hpp"
#include "origin/publish_file.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;

fs::path with_suffix(const fs::path& out, const std::string& suffix) {
  fs::path path = out;
  path += suffix;
  return path;
}

/// OUT.publishing-<digits>, beside OUT.
std::vector<fs::path> left_overs(const fs::path& out) {
  const std::string prefix = out.filename().string() + ".publishing-";
  std::vector<fs::path> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(out.parent_path())) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.size() > prefix.size() &&
        name.find_first_not_of("0123456789", prefix.size()) == name.npos)
      found.push_back(entry.path());
  }
  return found;
}

}  // namespace

fs::path resolve_out(const fs::path& out) {
  fs::path path = fs::absolute(out).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (fs::exists(path)) return fs::canonical(path);
  return fs::weakly_canonical(path.parent_path()) / path.filename();
}

OutLock::OutLock(const fs::path& out) : path_(with_suffix(out, ".publishing.lock")) {
  for (;;) {
    fd_ = ::open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd_ < 0) throw_errno(path_);
    if (::flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      ::close(fd_);
      throw std::runtime_error(out.string() +
                               " is being published by another process; wait for it to end");
    }
    // Its last holder may have removed the file between our open and our lock.
    struct stat ours{}, there{};
    if (::fstat(fd_, &ours) == 0 && ::stat(path_.c_str(), &there) == 0 &&
        ours.st_ino == there.st_ino && ours.st_dev == there.st_dev)
      return;
    ::close(fd_);
  }
}

OutLock::~OutLock() {
  ::unlink(path_.c_str());
  ::close(fd_);
}

Stage::Stage(const fs::path& out)
    : out_(out),
      lock_(out),
      directory_(with_suffix(out, ".publishing-" + std::to_string(::getpid()))) {
  for (const fs::path& path : left_overs(out)) {
    fs::remove_all(path);
    removed_.push_back(path.string());
  }
  if (fs::exists(out)) {
    replaces_ = fs::exists(out / ".well-known/skep/latest");
    if (!fs::is_directory(out) || (!replaces_ && !fs::is_empty(out)))
      throw std::runtime_error(out.string() +
                               " exists and is no publication; it will not be replaced");
  }
  fs::create_directory(directory_);
}

Stage::~Stage() {
  std::error_code ignored;
  if (!swapped_) fs::remove_all(directory_, ignored);
}

void Stage::flush() const {
  const int fd = ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw_errno(directory_);
  const int result = ::syncfs(fd);
  ::close(fd);
  if (result != 0) throw_errno(directory_);
}

void Stage::swap_in() {
  SKEP_ASSERT(!swapped_);
  if (!fs::exists(out_)) {
    if (::renameat2(AT_FDCWD, directory_.c_str(), AT_FDCWD, out_.c_str(), RENAME_NOREPLACE) != 0)
      throw_errno(out_);
    swapped_ = true;
    sync_directory(out_.parent_path());
    return;
  }
  if (::renameat2(AT_FDCWD, directory_.c_str(), AT_FDCWD, out_.c_str(), RENAME_EXCHANGE) != 0)
    throw_errno(out_);
  swapped_ = true;
  sync_directory(out_.parent_path());
  fs::remove_all(directory_);
}

}  // namespace skep::origin
