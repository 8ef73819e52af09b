#include "torrent/v1_half.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "crypto/sha1.hpp"
#include "torrent/builder.hpp"

namespace skep::torrent {

using base::Bytes;
using base::ByteView;
using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using codec::BencodeKind;
using codec::BencodeNode;
using codec::BencodeWriter;
using crypto::ShortHash;

namespace {

/// Zeros between the end of a file and the next piece.
std::uint64_t pad_after(std::uint64_t size, std::uint32_t piece_length) {
  return (piece_length - size % piece_length) % piece_length;
}

/// A torrent of one file that has the torrent's own name has no directory (BEP 3 "single file").
template <class Files>
bool single_file(const std::string& name, const Files& files) {
  return files.size() == 1 && files.front().path == name;
}

void write_path(BencodeWriter& writer, std::string_view path) {
  writer.key("path").begin_list();
  while (!path.empty()) {
    const std::size_t end = std::min(path.find('/'), path.size());
    writer.text(path.substr(0, end));
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  writer.end();
}

/// Walks "files" beside the files of the v2 half.
class FilesReader {
 public:
  FilesReader(const BencodeNode& list, const Info& info)
      : items_(list.items()), at_(items_.begin()), info_(info) {}

  Status run() {
    for (std::size_t i = 0; i < info_.files.size(); ++i) {
      const File& file = info_.files[i];
      SKEP_CHECK(entry(file, i));
      const std::uint64_t pad = pad_after(file.size, info_.piece_length);
      if (pad > 0) SKEP_CHECK(padding(pad, i));
    }
    if (next())
      return fail(Errc::bad_value, "v1 files: more than the file tree has", info_.files.size());
    return base::ok();
  }

 private:
  bool next() const { return at_ != items_.end(); }
  bool more_content(std::size_t file) const {
    return std::any_of(info_.files.begin() + static_cast<std::ptrdiff_t>(file) + 1,
                       info_.files.end(), [](const File& f) { return f.size > 0; });
  }

  static Result<bool> is_pad(const BencodeNode& node) {
    const auto attr = node.find("attr");
    if (!attr) return false;
    SKEP_TRY(const std::string_view text, attr->text());
    return text.find('p') != std::string_view::npos;
  }

  Status entry(const File& file, std::size_t index) {
    if (!next()) return fail(Errc::bad_value, "v1 files: fewer than the file tree has", index);
    const BencodeNode node = *at_;
    SKEP_TRY(const bool pad, is_pad(node));
    SKEP_TRY(const std::int64_t length, node.require_integer("length"));
    SKEP_TRY(const BencodeNode path, node.require_kind("path", BencodeKind::list));
    std::string joined;
    for (const BencodeNode item : path.items()) {
      SKEP_TRY(const std::string_view component, item.text());
      SKEP_CHECK(check_component(component));
      if (!joined.empty()) joined += '/';
      joined += component;
      if (joined.size() > base::kPathSizeMax) break;
    }
    if (pad || static_cast<std::uint64_t>(length) != file.size || joined != file.path)
      return fail(Errc::bad_value, "v1 files: not those of the file tree", index);
    ++at_;
    return base::ok();
  }

  /// The pad file after file `index`. Where no content follows it may be absent: the last piece is
  /// then short, which is BEP 3's own rule.
  Status padding(std::uint64_t size, std::size_t index) {
    SKEP_TRY(const bool there, next() ? is_pad(*at_) : Result<bool>(false));
    if (!there && !more_content(index)) return base::ok();
    if (!there) return fail(Errc::bad_value, "v1 files: a file does not start a piece", index);
    SKEP_TRY(const std::int64_t length, (*at_).require_integer("length"));
    if (static_cast<std::uint64_t>(length) != size)
      return fail(Errc::bad_value, "v1 files: padding of a wrong length", index);
    ++at_;
    return base::ok();
  }

  BencodeNode::Items items_;
  BencodeNode::Items::Iterator at_;
  const Info& info_;
};

Status check_files(const BencodeNode& node, const Info& info) {
  if (const auto length = node.find("length")) {
    SKEP_TRY(const std::int64_t size, length->integer());
    if (!single_file(info.name, info.files) ||
        static_cast<std::uint64_t>(size) != info.files.front().size || node.find("files"))
      return fail(Errc::bad_value, "v1 length: not that of the one file", length->offset());
    return base::ok();
  }
  SKEP_TRY(const BencodeNode files, node.require_kind("files", BencodeKind::list));
  return FilesReader(files, info).run();
}

}  // namespace

void write_v1_files(BencodeWriter& writer, const TorrentPlan& plan) {
  if (single_file(plan.name, plan.files)) {
    writer.key("length").integer(static_cast<std::int64_t>(plan.files.front().hashed.size));
    return;
  }
  writer.key("files").begin_list();
  for (const PlannedFile& file : plan.files) {
    writer.begin_dict().key("length").integer(static_cast<std::int64_t>(file.hashed.size));
    write_path(writer, file.path);
    writer.end();
    const std::uint64_t pad = pad_after(file.hashed.size, plan.piece_length);
    if (pad == 0 || plan.files.size() == 1) continue;
    writer.begin_dict().key("attr").text("p");
    writer.key("length").integer(static_cast<std::int64_t>(pad));
    write_path(writer, ".pad/" + std::to_string(pad));
    writer.end();
  }
  writer.end();
}

Bytes v1_pieces(const TorrentPlan& plan) {
  Bytes out;
  for (const PlannedFile& file : plan.files) {
    const HashedFile& hashed = file.hashed;
    SKEP_ASSERT(hashed.v1_pieces.size() ==
                (hashed.size + plan.piece_length - 1) / plan.piece_length);
    for (const ShortHash& hash : hashed.v1_pieces) base::append(out, hash.view());
    if (plan.files.size() > 1 || hashed.v1_tail.is_zero()) continue;
    std::copy(hashed.v1_tail.bytes.begin(), hashed.v1_tail.bytes.end(),
              out.end() - base::kShortHashSize);
  }
  return out;
}

ShortHash v1_info_hash(const Info& info) {
  SKEP_ASSERT(info.hybrid);
  return crypto::sha1(info.raw);
}

Result<std::vector<ShortHash>> read_v1_half(const BencodeNode& node, const Info& info) {
  SKEP_TRY(const ByteView pieces, node.require_bytes("pieces"));
  if (pieces.size() != std::size_t{info.pieces} * base::kShortHashSize)
    return fail(Errc::bad_value, "v1 pieces: not one for each piece");
  SKEP_CHECK(check_files(node, info));
  std::vector<ShortHash> out;
  out.reserve(info.pieces);
  for (std::size_t at = 0; at < pieces.size(); at += base::kShortHashSize)
    out.push_back(*ShortHash::from(pieces.subspan(at, base::kShortHashSize)));
  return out;
}

Result<std::vector<ShortHash>> read_v1_half(const Info& info) {
  SKEP_ASSERT(info.hybrid);
  SKEP_TRY(const codec::BencodeDocument document, codec::decode_bencode(info.raw));
  return read_v1_half(document.root(), info);
}

}  // namespace skep::torrent
