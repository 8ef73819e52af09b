#include "engine/testing/witness.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "torrent/hash_proof.hpp"
#include "wire/hash_exchange.hpp"

namespace skep::engine::testing {

Published::Published(TestSite made) : site(std::move(made)) {
  for (const base::Bytes& file : site.files) {
    if (file.empty()) {
      roots.emplace_back();
      continue;
    }
    std::vector<crypto::Digest256> leaves;
    torrent::append_block_hashes(leaves, file);
    torrent::MerkleTree tree(torrent::TreeShape::of(file.size()), 0, std::move(leaves));
    roots.push_back(tree.root());
    trees.emplace(roots.back(), std::move(tree));
  }
}

const torrent::MerkleTree* Published::tree_of(const crypto::Digest256& root) const {
  const auto at = trees.find(root);
  return at == trees.end() ? nullptr : &at->second;
}

std::optional<Place> place_of(const TestSite& site, std::uint32_t piece) {
  for (std::size_t i = 0; i < site.files.size(); ++i) {
    const std::uint64_t size = site.files[i].size();
    const std::uint64_t pieces = (size + site.piece_length - 1) / site.piece_length;
    if (piece >= pieces) {
      piece -= static_cast<std::uint32_t>(pieces);
      continue;
    }
    const std::uint64_t offset = std::uint64_t{piece} * site.piece_length;
    return Place{
        FileIndex(static_cast<std::uint32_t>(i)), offset,
        static_cast<std::uint32_t>(std::min<std::uint64_t>(site.piece_length, size - offset))};
  }
  return std::nullopt;
}

void Witness::fetch_requested(const FetchRequested& fetch) {
  SKEP_ASSERT(fetches_.emplace(fetch.fetch, Fetch{fetch.begin, fetch.end, fetch.begin}).second);
}

void Witness::link_opened(const LinkOpened& link) {
  Link made{link.torrent, link.peer, wire::StreamDecoder{}, {}, {}};
  SKEP_ASSERT(links_.emplace(link.link, std::move(made)).second);
}

void Witness::link_lies(LinkId link) {
  const auto at = links_.find(link);
  if (at != links_.end()) liars_.insert(at->second.peer);
}

void Witness::check_hashes(const Published& published, const wire::Hashes& message) {
  const torrent::MerkleTree* tree = published.tree_of(message.range.root);
  SKEP_ASSERT(tree != nullptr);
  const auto hashes = wire::read_hashes(message, tree->shape());
  const auto truth = torrent::collect_hashes(
      wire::to_request(message.range), tree->shape(),
      [&](unsigned layer, std::uint32_t index) { return tree->node(layer, index); });
  SKEP_ASSERT(hashes.has_value() && truth.has_value() && *truth == *hashes);
}

void Witness::heard(Link& link, const wire::Message& message) {
  const TestSite& site = this->site(link.torrent);
  if (const auto* piece = std::get_if<wire::Piece>(&message)) {
    // No unverified byte leaves the engine: what is published, then a hybrid's padding.
    const auto at = place_of(site, piece->piece);
    SKEP_ASSERT(at && !piece->data.empty() && piece->data.size() <= base::kRunMax);
    const std::size_t begin = std::min<std::size_t>(piece->begin, at->size);
    const std::size_t real = std::min<std::size_t>(at->size - begin, piece->data.size());
    SKEP_ASSERT(
        base::equal(site.bytes(at->file, at->offset + begin, real), piece->data.first(real)));
    const ByteView padding = piece->data.subspan(real);
    SKEP_ASSERT(padding.empty() || site.v1_hash != crypto::ShortHash{});
    SKEP_ASSERT(std::all_of(padding.begin(), padding.end(), [](auto octet) { return octet == 0; }));
  } else if (const auto* request = std::get_if<wire::Request>(&message)) {
    const auto at = place_of(site, request->block.piece);
    SKEP_ASSERT(at && request->block.length > 0 && request->block.begin < at->size);
    SKEP_ASSERT(request->block.length <= at->size - request->block.begin);
    link.requests.push_back(request->block);
  } else if (const auto* asked = std::get_if<wire::HashRequest>(&message)) {
    link.hash_requests.push_back(asked->range);
  } else if (const auto* hashes = std::get_if<wire::Hashes>(&message)) {
    check_hashes(*sites_.at(link.torrent), *hashes);
  } else if (const auto* have = std::get_if<wire::Have>(&message)) {
    SKEP_ASSERT(place_of(site, have->piece));
  }
}

void Witness::take(const Output& output) {
  if (const auto* sent = std::get_if<LinkSend>(&output)) {
    const auto at = links_.find(sent->link);
    SKEP_ASSERT(at != links_.end() && !sent->bytes.empty());
    at->second.decoder.feed(sent->bytes);
    while (true) {
      const auto item = at->second.decoder.next();
      SKEP_ASSERT(item.has_value());
      if (!item->has_value()) break;
      if (const auto* message = std::get_if<wire::Message>(&**item)) heard(at->second, *message);
    }
  } else if (const auto* closed = std::get_if<LinkClose>(&output)) {
    SKEP_ASSERT(links_.erase(closed->link) == 1);
    SKEP_ASSERT(closed->reason != CloseReason::bad_block || liars_.contains(closed->peer));
  } else if (const auto* dial = std::get_if<Dial>(&output)) {
    SKEP_ASSERT(dials_.emplace(dial->dial, *dial).second);
  } else if (const auto* get = std::get_if<HttpGet>(&output)) {
    SKEP_ASSERT(get->begin < get->end);
    SKEP_ASSERT(get->end <= site(get->torrent).files[get->file.value].size());
    SKEP_ASSERT(gets_.emplace(get->http, *get).second);
  } else if (const auto* cancel = std::get_if<HttpCancel>(&output)) {
    gets_.erase(cancel->http);  // bytes of a request that is over are answered by it, too
  } else if (const auto* load = std::get_if<PieceLoad>(&output)) {
    SKEP_ASSERT(loads_.emplace(load->load, *load).second);
  } else if (const auto* write = std::get_if<StoreWrite>(&output)) {
    const TestSite& from = site(write->torrent);
    SKEP_ASSERT(write->offset + write->bytes.size() <= from.files[write->file.value].size());
    SKEP_ASSERT(
        base::equal(from.bytes(write->file, write->offset, write->bytes.size()), write->bytes));
  } else if (const auto* progress = std::get_if<FetchProgress>(&output)) {
    const auto at = fetches_.find(progress->fetch);
    SKEP_ASSERT(at != fetches_.end() && progress->ready_until > at->second.ready_until);
    SKEP_ASSERT(progress->ready_until <= at->second.end);
    at->second.ready_until = progress->ready_until;
  } else if (const auto* done = std::get_if<FetchDone>(&output)) {
    const auto at = fetches_.find(done->fetch);
    SKEP_ASSERT(at != fetches_.end());
    const std::uint64_t size = at->second.end - at->second.begin;
    SKEP_ASSERT(done->from_peers + done->from_http + done->from_store == size);
    fetches_.erase(at);
  } else if (const auto* failed = std::get_if<FetchFailed>(&output)) {
    SKEP_ASSERT(fetches_.erase(failed->fetch) == 1);
  }
}

void Witness::nothing_left() const { SKEP_ASSERT(links_.empty() && fetches_.empty()); }

}  // namespace skep::engine::testing
