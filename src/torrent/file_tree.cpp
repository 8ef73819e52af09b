#include "torrent/file_tree.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "base/limits.hpp"
#include "torrent/merkle.hpp"

namespace skep::torrent {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using codec::BencodeKind;
using codec::BencodeNode;
using codec::BencodeWriter;

namespace {

class TreeReader {
 public:
  /// Recursion is as deep as the bencode decoder allowed (kBencodeDepthMax).
  Status directory(const BencodeNode& node) {
    if (!node.is(BencodeKind::dict))
      return fail(Errc::wrong_type, "file tree: not a dictionary", node.offset());
    bool empty = true;
    for (const auto [name, child] : node.entries()) {
      empty = false;
      SKEP_CHECK(check_component(name));
      const std::size_t parent_size = path_.size();
      if (!path_.empty()) path_ += '/';
      path_ += name;
      if (path_.size() > base::kPathSizeMax)
        return fail(Errc::limit_exceeded, "file tree: path too long", child.offset());
      const auto properties = child.find("");
      SKEP_CHECK(properties ? file(child, *properties) : directory(child));
      path_.resize(parent_size);
    }
    if (empty) return fail(Errc::bad_value, "file tree: empty directory", node.offset());
    return base::ok();
  }

  std::vector<File> take() { return std::move(files_); }

 private:
  Status file(const BencodeNode& entry, const BencodeNode& properties) {
    const auto children = entry.entries();
    if (++children.begin() != children.end())
      return fail(Errc::bad_value, "file tree: a file has children", entry.offset());
    if (files_.size() >= base::kFilesMax)
      return fail(Errc::limit_exceeded, "file tree: too many files", entry.offset());
    File out;
    out.path = path_;
    SKEP_TRY(const std::int64_t length, properties.require_integer("length"));
    if (length < 0) return fail(Errc::bad_value, "file tree: negative length", properties.offset());
    out.size = static_cast<std::uint64_t>(length);
    if (out.size > kFileSizeMax)
      return fail(Errc::limit_exceeded, "file tree: file too large", properties.offset());
    if (out.size > 0) {
      SKEP_TRY(const base::ByteView root, properties.require_bytes("pieces root"));
      SKEP_TRY(out.root, Digest256::from(root));
    }
    if (const auto attr = properties.find("attr")) {
      SKEP_TRY(const std::string_view text, attr->text());
      if (text.size() > kAttrMax)
        return fail(Errc::limit_exceeded, "file tree: attributes too long", attr->offset());
      if (text.find('l') != std::string_view::npos)
        return fail(Errc::unsupported, "file tree: symbolic link", attr->offset());
      out.attr = text;
    }
    files_.push_back(std::move(out));
    return base::ok();
  }

  /// BEP 47 knows four letters; more than a few is nonsense.
  static constexpr std::size_t kAttrMax = 16;

  std::string path_;
  std::vector<File> files_;
};

/// Splits off the first component of `path`.
std::string_view take_component(std::string_view& path) {
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view component = path.substr(0, end);
  path.remove_prefix(std::min(end + 1, path.size()));
  return component;
}

/// Closes and opens dictionaries so that the directories of `path` are open, and returns its name.
std::string_view enter_directory(BencodeWriter& writer, std::vector<std::string_view>& open,
                                 std::string_view path) {
  std::size_t depth = 0;
  std::string_view component = take_component(path);
  while (!path.empty() && depth < open.size() && open[depth] == component) {
    component = take_component(path);
    ++depth;
  }
  for (; open.size() > depth; open.pop_back()) writer.end();
  while (!path.empty()) {
    writer.key(component).begin_dict();
    open.push_back(component);
    component = take_component(path);
  }
  return component;
}

void write_file(BencodeWriter& writer, std::string_view name, const File& file) {
  writer.key(name).begin_dict().key("").begin_dict();
  if (!file.attr.empty()) writer.key("attr").text(file.attr);
  writer.key("length").integer(static_cast<std::int64_t>(file.size));
  if (file.size > 0) writer.key("pieces root").bytes(file.root.view());
  writer.end().end();
}

}  // namespace

Status check_component(std::string_view component) {
  if (component.empty() || component == "." || component == "..")
    return fail(Errc::unsafe_path, "path: a component is empty, '.' or '..'");
  if (component.find('/') != std::string_view::npos ||
      component.find('\0') != std::string_view::npos)
    return fail(Errc::unsafe_path, "path: a component holds a slash or NUL");
  if (component.size() > base::kPathComponentMax)
    return fail(Errc::limit_exceeded, "path: component too long");
  return base::ok();
}

Status check_path(std::string_view path) {
  if (path.size() > base::kPathSizeMax) return fail(Errc::limit_exceeded, "path too long");
  if (path.empty() || path.back() == '/') return fail(Errc::unsafe_path, "path names no file");
  for (std::size_t depth = 1; !path.empty(); ++depth) {
    if (depth > kPathDepthMax) return fail(Errc::limit_exceeded, "path too deep");
    SKEP_CHECK(check_component(take_component(path)));
  }
  return base::ok();
}

bool tree_less(std::string_view a, std::string_view b) {
  while (!a.empty() && !b.empty()) {
    const std::string_view left = take_component(a);
    const std::string_view right = take_component(b);
    if (left != right) return left < right;
  }
  return a.empty() && !b.empty();
}

Result<std::vector<File>> parse_file_tree(const BencodeNode& tree) {
  TreeReader reader;
  SKEP_CHECK(reader.directory(tree));
  return reader.take();
}

Status write_file_tree(BencodeWriter& writer, const std::vector<File>& files) {
  if (files.size() > base::kFilesMax) return fail(Errc::limit_exceeded, "too many files");
  if (files.empty()) return fail(Errc::bad_value, "a torrent needs at least one file");
  for (std::size_t i = 0; i < files.size(); ++i) {
    SKEP_CHECK(check_path(files[i].path));
    if (files[i].size > kFileSizeMax) return fail(Errc::limit_exceeded, "file too large", i);
    if (i == 0) continue;
    const std::string& before = files[i - 1].path;
    const std::string& path = files[i].path;
    if (path == before ||
        (path.size() > before.size() && path.compare(0, before.size(), before) == 0 &&
         path[before.size()] == '/'))
      return fail(Errc::duplicate, "a path twice, or both file and directory", i);
    if (!tree_less(before, path)) return fail(Errc::not_canonical, "files not in tree order", i);
  }
  std::vector<std::string_view> open;
  writer.begin_dict();
  for (const File& file : files) write_file(writer, enter_directory(writer, open, file.path), file);
  for (std::size_t i = 0; i < open.size(); ++i) writer.end();
  writer.end();
  return base::ok();
}

}  // namespace skep::torrent
