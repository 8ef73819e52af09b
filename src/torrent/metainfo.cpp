#include "torrent/metainfo.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include "codec/bencode.hpp"
#include "crypto/sha256.hpp"
#include "torrent/merkle.hpp"
#include "torrent/v1_half.hpp"

namespace skep::torrent {

using base::ByteView;
using base::Errc;
using base::fail;
using base::FileIndex;
using base::Result;
using base::Status;
using codec::BencodeKind;
using codec::BencodeNode;

namespace {

std::uint64_t pieces_of(const File& file, std::uint32_t piece_length) {
  return (file.size + piece_length - 1) / piece_length;
}

/// BEP 52 asks to look at the version before anything else may be reported as broken.
Status check_version(const BencodeNode& info) {
  const auto version = info.find("meta version");
  if (!version) return fail(Errc::unsupported, "metainfo: not a v2 torrent", info.offset());
  SKEP_TRY(const std::int64_t number, version->integer());
  if (number != 2) return fail(Errc::unsupported, "metainfo: unknown version", version->offset());
  return base::ok();
}

Result<std::uint32_t> read_piece_length(const BencodeNode& info) {
  SKEP_TRY(const std::int64_t length, info.require_integer("piece length"));
  if (length < base::kBlockSize || !std::has_single_bit(static_cast<std::uint64_t>(length)))
    return fail(Errc::bad_value, "metainfo: piece length is no power of two >= 16 KiB");
  if (length > base::kPieceLengthMax)
    return fail(Errc::limit_exceeded, "metainfo: piece length too large");
  return static_cast<std::uint32_t>(length);
}

/// Everything but the owned bytes and the hash.
Result<Info> read_info(const BencodeNode& node) {
  if (!node.is(BencodeKind::dict))
    return fail(Errc::wrong_type, "metainfo: info is no dictionary", node.offset());
  SKEP_CHECK(check_version(node));
  Info info;
  SKEP_TRY(info.name, node.require_text("name"));
  SKEP_CHECK(check_component(info.name));
  SKEP_TRY(info.piece_length, read_piece_length(node));
  SKEP_TRY(const BencodeNode tree, node.require("file tree"));
  SKEP_TRY(info.files, parse_file_tree(tree));
  std::uint64_t pieces = 0;
  for (const File& file : info.files) {
    pieces += pieces_of(file, info.piece_length);  // at most 2^31 each: a million cannot overflow
    if (pieces > kPiecesMax) return fail(Errc::limit_exceeded, "metainfo: too many pieces");
  }
  info.pieces = static_cast<std::uint32_t>(pieces);
  info.hybrid = node.find("pieces").has_value();
  if (const auto skep = node.find("skep")) {
    info.skep_at = skep->offset() - node.offset();
    info.skep_size = skep->raw().size();
  }
  info.raw = base::to_bytes(node.raw());
  info.hash = crypto::sha256(info.raw);
  return info;
}

Status add_url(std::vector<std::string>& urls, std::size_t& count, const BencodeNode& node) {
  SKEP_TRY(const std::string_view url, node.text());
  if (url.empty()) return base::ok();
  if (++count > kUrlsMax || url.size() > kUrlSizeMax)
    return fail(Errc::limit_exceeded, "metainfo: too many or too long URLs", node.offset());
  urls.emplace_back(url);
  return base::ok();
}

Status read_trackers(Metainfo& out, const BencodeNode& root) {
  std::size_t count = 0;
  if (const auto tiers = root.find("announce-list")) {
    if (!tiers->is(BencodeKind::list))
      return fail(Errc::wrong_type, "metainfo: announce-list is no list", tiers->offset());
    for (const BencodeNode tier : tiers->items()) {
      if (!tier.is(BencodeKind::list))
        return fail(Errc::wrong_type, "metainfo: a tracker tier is no list", tier.offset());
      std::vector<std::string> urls;
      for (const BencodeNode url : tier.items()) SKEP_CHECK(add_url(urls, count, url));
      if (!urls.empty()) out.trackers.push_back(std::move(urls));
    }
  }
  const auto announce = root.find("announce");
  if (!out.trackers.empty() || !announce) return base::ok();
  std::vector<std::string> single;
  SKEP_CHECK(add_url(single, count, *announce));
  if (!single.empty()) out.trackers.push_back(std::move(single));
  return base::ok();
}

Status read_web_seeds(Metainfo& out, const BencodeNode& root) {
  std::size_t count = 0;
  const auto list = root.find("url-list");
  if (!list) return base::ok();
  if (!list->is(BencodeKind::list)) return add_url(out.web_seeds, count, *list);  // BEP 19: either
  for (const BencodeNode url : list->items()) SKEP_CHECK(add_url(out.web_seeds, count, url));
  return base::ok();
}

}  // namespace

/// Copies each layer of "piece layers" once, and checks it for each file that uses it.
class LayerReader {
 public:
  LayerReader(const Info& info, PieceLayers& out) : info_(info), out_(out) {}

  Status run(const std::optional<BencodeNode>& dict) {
    if (dict) SKEP_CHECK(read(*dict));
    out_ = PieceLayers(info_.files.size());
    for (const Entry& entry : entries_)
      for (std::size_t at = 0; at < entry.hashes.size(); at += base::kDigestSize)
        out_.hashes_.push_back(*Digest256::from(entry.hashes.subspan(at, base::kDigestSize)));
    for (std::size_t i = 0; i < info_.files.size(); ++i)
      if (info_.files[i].size > info_.piece_length) SKEP_CHECK(attach(i));
    for (const Entry& entry : entries_)
      if (!entry.used) return fail(Errc::bad_value, "piece layers: a layer belongs to no file");
    return base::ok();
  }

 private:
  struct Entry {
    ByteView root;
    ByteView hashes;
    std::size_t first = 0;    ///< in PieceLayers::hashes_
    unsigned root_layer = 0;  ///< checked for a tree of this height
    bool used = false;
  };

  Status read(const BencodeNode& dict) {
    if (!dict.is(BencodeKind::dict))
      return fail(Errc::wrong_type, "piece layers: not a dictionary", dict.offset());
    std::size_t count = 0;
    for (const auto [key, value] : dict.entries()) {
      if (key.size() != base::kDigestSize)
        return fail(Errc::bad_value, "piece layers: key is no root", value.offset());
      SKEP_TRY(const ByteView hashes, value.bytes());
      if (hashes.empty() || hashes.size() % base::kDigestSize != 0)
        return fail(Errc::bad_value, "piece layers: not a row of hashes", value.offset());
      entries_.push_back({.root = base::as_bytes(key), .hashes = hashes, .first = count});
      count += hashes.size() / base::kDigestSize;
    }
    return base::ok();
  }

  Status attach(std::size_t index) {
    const File& file = info_.files[index];
    const auto at = std::lower_bound(  // dictionary keys are sorted
        entries_.begin(), entries_.end(), file.root.view(), [](const Entry& entry, ByteView root) {
          return base::as_text(entry.root) < base::as_text(root);
        });
    if (at == entries_.end() || !base::equal(at->root, file.root.view()))
      return fail(Errc::missing_field, "piece layers: a file has none", index);
    const unsigned layer = piece_layer_of(info_.piece_length);
    const TreeShape shape = TreeShape::of(file.size);
    const std::size_t count = at->hashes.size() / base::kDigestSize;
    if (count != shape.width(layer))
      return fail(Errc::bad_value, "piece layers: not one hash for each piece", index);
    out_.of_file_[index] = {at->first, count};
    if (at->used && at->root_layer == shape.root_layer) return base::ok();  // same root, same check
    at->used = true;
    at->root_layer = shape.root_layer;
    const auto hashes = out_.of(FileIndex(static_cast<std::uint32_t>(index)));
    if (merkle_root(hashes, layer, shape.root_layer) != file.root)
      return fail(Errc::hash_mismatch, "piece layers: not of this file", index);
    return base::ok();
  }

  const Info& info_;
  PieceLayers& out_;
  std::vector<Entry> entries_;
};

const File& Info::file(FileIndex index) const {
  SKEP_ASSERT(index.value < files.size());
  return files[index.value];
}

const Digest256& Content::expected_hash(FileIndex file, base::PieceIndex piece) const {
  const File& it = info.file(file);
  SKEP_ASSERT(piece.value < pieces_of(it, info.piece_length));
  return it.size > info.piece_length ? layers.of(file)[piece.value] : it.root;
}

Result<Info> parse_info(ByteView info) {
  SKEP_TRY(const codec::BencodeDocument document, codec::decode_bencode(info));
  return read_info(document.root());
}

namespace {

Result<Content> read_content(const BencodeNode& root) {
  SKEP_TRY(const BencodeNode info, root.require("info"));
  Content out;
  SKEP_TRY(out.info, read_info(info));
  SKEP_CHECK(LayerReader(out.info, out.layers).run(root.find("piece layers")));
  return out;
}

}  // namespace

Result<Content> parse_content(ByteView metainfo) {
  SKEP_TRY(const codec::BencodeDocument document, codec::decode_bencode(metainfo));
  return read_content(document.root());
}

Result<Metainfo> parse_metainfo(ByteView metainfo) {
  SKEP_TRY(const codec::BencodeDocument document, codec::decode_bencode(metainfo));
  SKEP_TRY(Content content, read_content(document.root()));
  if (content.info.hybrid) SKEP_CHECK(read_v1_half(*document.root().find("info"), content.info));
  Metainfo out{std::move(content), {}, {}};
  SKEP_CHECK(read_trackers(out, document.root()));
  SKEP_CHECK(read_web_seeds(out, document.root()));
  return out;
}

}  // namespace skep::torrent
