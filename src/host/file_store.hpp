/// file_store.hpp: a torrent's files in a directory, as they arrive.
/// CONTRACT  one thread. An unfinished file is PATH.part; complete() gives it its name. What is
///           there under its name is never written to. False: the disk said no, and why() says why.
/// WHY       who looks at a directory sees whole verified files only, and a fetch that was stopped
///           goes on where it was (engine::PieceFound).
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "torrent/metainfo.hpp"

namespace skep::host {

class FileStore {
 public:
  /// A torrent of one file that is named as the torrent is that file; any other is a folder.
  FileStore(const std::filesystem::path& folder, const torrent::Info& info);

  const std::filesystem::path& path(base::FileIndex file) const { return paths_[file.value]; }
  /// Whether something has that name already (its content is the caller's to check).
  bool named(base::FileIndex file) const;
  /// What is here of a file: bytes, whoever wrote them; 0: nothing.
  std::uint64_t size_here(base::FileIndex file) const;

  bool write(base::FileIndex file, std::uint64_t offset, base::ByteView bytes);
  /// `size` octets from `offset`; fewer when there are no more.
  base::Bytes read(base::FileIndex file, std::uint64_t offset, std::size_t size) const;
  /// An empty file becomes one here.
  bool complete(base::FileIndex file);
  const std::string& why() const { return why_; }

 private:
  std::filesystem::path part(base::FileIndex file) const;
  std::filesystem::path here(base::FileIndex file) const;
  bool failed(const std::filesystem::path& path);

  std::vector<std::filesystem::path> paths_;
  std::vector<std::uint64_t> sizes_;
  std::string why_;
};

}  // namespace skep::host
