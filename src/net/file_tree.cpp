#include "net/file_tree.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace skep::net {
namespace {

bool unchanged(int root_fd, const std::string& path, const MappedFile* known) {
  FileStamp now;
  const bool exists = stat_below(root_fd, path, now);
  return known == nullptr ? !exists : exists && now == known->stamp();
}

std::int64_t seconds_of(const MappedFile& file) { return file.stamp().mtime_ns / 1'000'000'000; }

std::uint64_t size_of(const FileEntry& entry) {
  return entry.file->size() + (entry.brotli ? entry.brotli->size() : 0) +
         (entry.gzip ? entry.gzip->size() : 0);
}

}  // namespace

FileTree::FileTree(std::string root, FileTreeOptions options)
    : root_(std::move(root)), options_(std::move(options)) {
  refresh_root();
}

FileTree::~FileTree() {
  if (root_fd_ >= 0) ::close(root_fd_);
}

void FileTree::refresh_root() {
  struct stat st{};
  if (::stat(root_.c_str(), &st) != 0 || !S_ISDIR(st.st_mode)) return;
  if (root_fd_ >= 0 && st.st_dev == root_device_ && st.st_ino == root_inode_) return;
  const int fd = ::open(root_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  if (root_fd_ >= 0) ::close(root_fd_);
  root_fd_ = fd;
  root_device_ = st.st_dev;
  root_inode_ = st.st_ino;
  ++generation_;
  entries_.clear();
  recent_.clear();
  mapped_bytes_ = 0;
}

bool FileTree::fresh(const std::string& path, const FileEntry& entry, bool variants) const {
  // A variant that is older than its file is not in the entry, and looks like a new one here: that
  // costs such a (broken) pair its place in the cache, and nobody else anything.
  if (!unchanged(root_fd_, path, entry.file.get())) return false;
  return !variants || (unchanged(root_fd_, path + ".br", entry.brotli.get()) &&
                       unchanged(root_fd_, path + ".gz", entry.gzip.get()));
}

base::Result<std::shared_ptr<const FileEntry>> FileTree::open(const std::string& path) const {
  auto entry = std::make_shared<FileEntry>();
  SKEP_TRY(entry->file, MappedFile::open(root_fd_, path));
  if (options_.hides && options_.hides(path, *entry->file))
    return base::fail(base::Errc::not_found, "hidden");
  const auto variant = [&](const char* suffix) -> std::shared_ptr<const MappedFile> {
    auto found = MappedFile::open(root_fd_, path + suffix);
    // In whole seconds: compressors copy a file's time, not all of them with its fraction.
    if (!found || seconds_of(**found) < seconds_of(*entry->file)) return nullptr;
    return *found;
  };
  entry->brotli = variant(".br");
  entry->gzip = variant(".gz");
  return std::shared_ptr<const FileEntry>(std::move(entry));
}

void FileTree::forget(std::map<std::string, Slot>::iterator slot) {
  mapped_bytes_ -= slot->second.mapped_bytes;
  recent_.erase(slot->second.recent);
  entries_.erase(slot);
}

void FileTree::remember(const std::string& path, std::shared_ptr<const FileEntry> entry) {
  const std::uint64_t size = size_of(*entry);
  if (size > options_.mapped_bytes_max || options_.entries_max == 0) return;
  while (!recent_.empty() && (entries_.size() >= options_.entries_max ||
                              mapped_bytes_ + size > options_.mapped_bytes_max))
    forget(entries_.find(recent_.front()));
  recent_.push_back(path);
  entries_.emplace(path, Slot{std::move(entry), size, std::prev(recent_.end())});
  mapped_bytes_ += size;
}

base::Result<std::shared_ptr<const FileEntry>> FileTree::find(const std::string& path,
                                                              bool variants) {
  refresh_root();
  if (root_fd_ < 0) return base::fail(base::Errc::not_found, "no root");
  if (const auto known = entries_.find(path); known != entries_.end()) {
    if (fresh(path, *known->second.entry, variants)) {
      recent_.splice(recent_.end(), recent_, known->second.recent);
      return known->second.entry;
    }
    forget(known);
  }
  SKEP_TRY(auto entry, open(path));
  remember(path, entry);
  return entry;
}

}  // namespace skep::net
