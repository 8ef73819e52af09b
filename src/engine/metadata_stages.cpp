// What a MetadataFetch asks for: first the dictionary, then the piece layers of its files.
#include <algorithm>

#include "base/assert.hpp"
#include "codec/bencode_writer.hpp"
#include "crypto/sha1.hpp"
#include "crypto/sha256.hpp"
#include "engine/metadata_fetch.hpp"
#include "wire/hash_exchange.hpp"
#include "wire/metadata_message.hpp"

namespace skep::engine {

std::uint64_t MetadataFetch::info_bytes() const {
  if (info_) return info_->raw.size();
  std::uint64_t sum = 0;
  for (const Job& job : jobs_) sum += job.piece.size();
  return sum;
}

/// Peers may disagree about the size, and only a hash will tell: what most of them say is asked for
/// until its last sayer is gone. In distrust, the next one alone when that one is gone.
void MetadataFetch::choose_size() {
  std::map<std::uint64_t, std::size_t> votes;
  for (const auto& [id, link] : links_)
    if (link.handshaken && !link.doomed && link.metadata_id && link.size > 0) ++votes[link.size];
  const auto most = std::ranges::max_element(
      votes, [](const auto& a, const auto& b) { return a.second < b.second; });
  if (most == votes.end()) return;  // pieces that are here wait for a peer who says the same size
  const bool other = !votes.contains(size_) || most->second > votes[size_];
  if (other) start_info(most->first);
  const auto only = only_ ? links_.find(*only_) : links_.end();
  if (!distrust_ || (only != links_.end() && usable(only->first, only->second))) return;
  only_.reset();
  for (const auto& [id, link] : links_)
    if (!only_ && usable(id, link)) only_ = id;
  start_info(size_);
}

void MetadataFetch::start_info(std::uint64_t size) {
  for (auto& [id, link] : links_) link.asked.clear();
  size_ = size;
  senders_.clear();
  done_ = 0;
  first_open_ = 0;
  jobs_.assign(
      static_cast<std::size_t>((size + wire::kMetadataPieceSize - 1) / wire::kMetadataPieceSize),
      {});
}

void MetadataFetch::take_metadata(LinkId id, Link& link, ByteView payload) {
  const auto message = wire::decode_metadata_message(payload);
  if (!message) {
    link.doomed = CloseReason::protocol_error;
    return;
  }
  using Type = wire::MetadataMessage::Type;
  if (message->type == Type::request) {  // we have nothing yet
    if (link.metadata_id)
      send(id, wire::Extended{*link.metadata_id, wire::encode_metadata_answer(message->piece, {})});
    return;
  }
  if (stage_ != Stage::info) return;
  if (message->type == Type::reject) return refused(link, message->piece);
  const auto job = settle(link, message->piece);
  if (!job) return;  // too late, or never asked
  const std::uint64_t begin = *job * wire::kMetadataPieceSize;
  if (message->total_size != size_ ||
      message->data.size() != std::min<std::uint64_t>(wire::kMetadataPieceSize, size_ - begin)) {
    reopen(*job);
    link.doomed = CloseReason::protocol_error;
    return;
  }
  link.refusals = 0;
  jobs_[*job].phase = Job::Phase::done;
  jobs_[*job].piece = base::to_bytes(message->data);
  senders_.insert(id);
  if (++done_ == jobs_.size()) check_info();
}

/// All of it is here: is it what the link names? If not, who of several lied cannot be seen; from
/// now on it comes from one peer at a time, and who lies alone is dropped.
void MetadataFetch::check_info() {
  Bytes raw;
  raw.reserve(static_cast<std::size_t>(size_));
  for (const Job& job : jobs_) base::append(raw, ByteView(job.piece));
  const bool right = (!wanted_.v2 || crypto::sha256(raw) == *wanted_.v2) &&
                     (!wanted_.v1 || crypto::sha1(raw) == *wanted_.v1);
  if (!right) {
    if (senders_.size() == 1) {
      const auto liar = links_.find(*senders_.begin());
      if (liar != links_.end()) liar->second.doomed = CloseReason::bad_block;
    }
    distrust_ = true;
    only_.reset();
    return start_info(size_);
  }
  auto info = torrent::parse_info(raw);
  if (!info) return end(MetadataRefused{info.code()});
  start_layers(std::move(*info));
}

void MetadataFetch::start_layers(torrent::Info&& info) {
  stage_ = Stage::layers;
  for (auto& [id, link] : links_) {
    link.asked.clear();
    link.refusals = 0;
  }
  jobs_.clear();
  done_ = 0;
  first_open_ = 0;
  info_ = std::move(info);
  if (info_->raw.size() + std::uint64_t{info_->pieces} * crypto::Digest256::kSize >
      base::kMetainfoSizeMax)
    return end(MetadataRefused{base::Errc::limit_exceeded});
  const unsigned layer = torrent::piece_layer_of(info_->piece_length);
  for (const torrent::File& file : info_->files) {
    if (file.size <= info_->piece_length || layers_.contains(file.root)) continue;
    const auto shape = torrent::TreeShape::of(file.size);
    layers_[file.root].resize(shape.width(layer));
    for (std::uint32_t index = 0; index < shape.width(layer);) {
      Job job;
      job.root = file.root;
      job.shape = shape;
      job.request =
          torrent::make_hash_request(shape, layer, index, torrent::kHashesAsked, shape.root_layer);
      index += job.request.length;
      jobs_.push_back(std::move(job));
    }
  }
  if (jobs_.empty()) finish();
}

void MetadataFetch::take_hashes(Link& link, const wire::Hashes& message) {
  if (stage_ != Stage::layers) return;
  const auto asked = std::ranges::find_if(link.asked, [&](const Asked& a) {
    return wire::to_range(jobs_[a.job].root, jobs_[a.job].request) == message.range;
  });
  if (asked == link.asked.end()) return;
  Job& job = jobs_[asked->job];
  reopen(asked->job);
  link.asked.erase(asked);
  const auto hashes = wire::read_hashes(message, job.shape);
  if (!hashes || !torrent::verify_to_root(job.request, job.shape, *hashes, job.root)) {
    link.doomed = CloseReason::bad_block;
    return;
  }
  link.refusals = 0;
  job.phase = Job::Phase::done;
  auto& layer = layers_[job.root];
  const std::size_t count =
      std::min<std::size_t>(job.request.length, layer.size() - job.request.index);
  std::copy_n(hashes->begin(), count, layer.data() + job.request.index);
  if (++done_ == jobs_.size()) finish();
}

void MetadataFetch::finish() {
  MetadataDone done;
  done.expected = info_->hash;
  if (info_->hybrid) done.v1 = crypto::sha1(info_->raw);
  codec::BencodeWriter out;
  out.begin_dict().key("info").raw(info_->raw).key("piece layers").begin_dict();
  for (const auto& [root, layer] : layers_) {
    Bytes octets;
    for (const crypto::Digest256& hash : layer) base::append(octets, hash.view());
    out.key(base::as_text(root.view())).bytes(octets);
  }
  done.metainfo = out.end().end().take();
  end(std::move(done));
}

}  // namespace skep::engine
