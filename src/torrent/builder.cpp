#include "torrent/builder.hpp"

#include <algorithm>
#include <bit>

#include "base/assert.hpp"
#include "codec/bencode.hpp"
#include "codec/bencode_writer.hpp"
#include "crypto/sha1.hpp"
#include "crypto/sha256.hpp"
#include "torrent/merkle.hpp"
#include "torrent/metainfo.hpp"
#include "torrent/v1_half.hpp"

namespace skep::torrent {

using base::Bytes;
using base::Errc;
using base::fail;
using base::Result;
using base::Status;
using codec::BencodeWriter;

namespace {

Status check_plan(const TorrentPlan& plan) {
  SKEP_CHECK(check_component(plan.name));
  if (!std::has_single_bit(plan.piece_length) || plan.piece_length < base::kBlockSize ||
      plan.piece_length > base::kPieceLengthMax)
    return fail(Errc::bad_value, "piece length: a power of two from 16 KiB to 16 MiB");
  if (!plan.skep.empty()) SKEP_CHECK(codec::decode_bencode(plan.skep));
  std::uint64_t pieces = 0;
  for (const PlannedFile& file : plan.files) {
    const HashedFile& hashed = file.hashed;
    const std::uint64_t count = (hashed.size + plan.piece_length - 1) / plan.piece_length;
    SKEP_ASSERT(hashed.piece_layer.size() == (count > 1 ? count : 0));
    SKEP_ASSERT(hashed.root.is_zero() == (hashed.size == 0));
    pieces += count;
  }
  if (pieces > kPiecesMax) return fail(Errc::limit_exceeded, "too many pieces: use longer ones");
  return base::ok();
}

Status check_urls(const TorrentPlan& plan) {
  std::size_t trackers = 0;
  const auto fits = [](const std::string& url) {
    return !url.empty() && url.size() <= kUrlSizeMax;
  };
  for (const auto& tier : plan.trackers) {
    trackers += tier.size();
    if (tier.empty() || !std::all_of(tier.begin(), tier.end(), fits))
      return fail(Errc::limit_exceeded, "tracker URL or tier is empty or too long");
  }
  if (!std::all_of(plan.web_seeds.begin(), plan.web_seeds.end(), fits))
    return fail(Errc::limit_exceeded, "web seed URL is empty or too long");
  if (trackers > kUrlsMax || plan.web_seeds.size() > kUrlsMax)
    return fail(Errc::limit_exceeded, "too many URLs");
  return base::ok();
}

Result<Bytes> write_info(const TorrentPlan& plan) {
  std::vector<File> files;
  files.reserve(plan.files.size());
  for (const PlannedFile& file : plan.files)
    files.push_back({file.path, file.hashed.size, file.hashed.root, ""});
  BencodeWriter writer;
  writer.begin_dict().key("file tree");
  SKEP_CHECK(write_file_tree(writer, files));
  if (plan.hybrid) write_v1_files(writer, plan);
  writer.key("meta version").integer(2);
  writer.key("name").text(plan.name);
  writer.key("piece length").integer(plan.piece_length);
  if (plan.hybrid) writer.key("pieces").bytes(v1_pieces(plan));
  if (!plan.skep.empty()) writer.key("skep").raw(plan.skep);
  return writer.end().take();
}

void write_layers(BencodeWriter& writer, const TorrentPlan& plan) {
  std::vector<const HashedFile*> layers;
  for (const PlannedFile& file : plan.files)
    if (!file.hashed.piece_layer.empty()) layers.push_back(&file.hashed);
  std::sort(layers.begin(), layers.end(),
            [](const HashedFile* a, const HashedFile* b) { return a->root < b->root; });
  writer.begin_dict();
  const Digest256* before = nullptr;
  for (const HashedFile* file : layers) {
    if (before != nullptr && *before == file->root) continue;  // equal files share one
    before = &file->root;
    Bytes joined;
    joined.reserve(file->piece_layer.size() * base::kDigestSize);
    for (const Digest256& hash : file->piece_layer) base::append(joined, hash.view());
    writer.key(base::as_text(file->root.view())).bytes(joined);
  }
  writer.end();
}

Bytes write_metainfo(const TorrentPlan& plan, const Bytes& info) {
  BencodeWriter writer;
  writer.begin_dict();
  if (!plan.trackers.empty()) {
    writer.key("announce").text(plan.trackers.front().front());
    writer.key("announce-list").begin_list();
    for (const auto& tier : plan.trackers) {
      writer.begin_list();
      for (const std::string& url : tier) writer.text(url);
      writer.end();
    }
    writer.end();
  }
  writer.key("info").raw(info).key("piece layers");
  write_layers(writer, plan);
  if (!plan.web_seeds.empty()) {
    writer.key("url-list").begin_list();
    for (const std::string& url : plan.web_seeds) writer.text(url);
    writer.end();
  }
  return writer.end().take();
}

}  // namespace

void sort_tree_order(std::vector<PlannedFile>& files) {
  // a total order: equal paths are refused afterwards
  std::sort(files.begin(), files.end(),
            [](const PlannedFile& a, const PlannedFile& b) { return tree_less(a.path, b.path); });
}

Result<BuiltTorrent> build_torrent(const TorrentPlan& plan) {
  SKEP_CHECK(check_plan(plan));
  SKEP_CHECK(check_urls(plan));
  BuiltTorrent out;
  SKEP_TRY(out.info, write_info(plan));
  out.info_hash = crypto::sha256(out.info);
  if (plan.hybrid) out.v1_hash = crypto::sha1(out.info);
  out.metainfo = write_metainfo(plan, out.info);
  if (out.metainfo.size() > base::kMetainfoSizeMax)
    return fail(Errc::limit_exceeded, "metainfo too large: use longer pieces or fewer files");
  return out;
}

}  // namespace skep::torrent
