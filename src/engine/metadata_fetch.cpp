// The links of a MetadataFetch: who is connected, who is asked what, and for how long.
// What is asked for, and what its answers must hash to, is in metadata_stages.cpp.
#include "engine/metadata_fetch.hpp"

#include <algorithm>

#include "base/assert.hpp"
#include "engine/peer_session.hpp"
#include "wire/extension.hpp"
#include "wire/handshake.hpp"
#include "wire/hash_exchange.hpp"
#include "wire/metadata_message.hpp"

namespace skep::engine {
namespace {

/// Rejects and silences in a row that end a link.
constexpr unsigned kRefusalsMax = 3;
/// Who rejected is left alone that long: it may be busy, or not have it yet itself.
constexpr Duration kRest = base::seconds(1);

}  // namespace

MetadataFetch::MetadataFetch(const MetadataWanted& wanted) : wanted_(wanted) {
  SKEP_ASSERT(wanted.v1 || wanted.v2);
}

/// Who is called by a hybrid's v1 hash may answer with the v2 hash (BEP 52, "upgrade path"):
/// nothing can be said against a name that we do not know.
bool MetadataFetch::named_by(const crypto::ShortHash& hash) const {
  return !wanted_.v2 || hash == crypto::shorten(*wanted_.v2) || (wanted_.v1 && hash == *wanted_.v1);
}

void MetadataFetch::link_opened(base::Instant now, LinkId id) {
  now_ = now;
  if (stage_ == Stage::over || links_.size() >= kMetadataLinksMax) {
    const CloseReason why = stage_ == Stage::over ? CloseReason::done : CloseReason::too_many;
    out_.push_back(LinkClose{id, {}, why});
    return;
  }
  const bool fresh = links_.try_emplace(id).second;
  SKEP_ASSERT(fresh);
  links_[id].until = now + kHandshakeMax;
  // Of a hybrid the name that everybody understands. Without BEP 6 nobody waits for a bitfield.
  wire::Handshake ours;
  ours.info_hash = wanted_.v1 ? *wanted_.v1 : crypto::shorten(*wanted_.v2);
  ours.peer_id = wanted_.peer_id;
  ours.fast = false;
  Bytes raw;
  wire::encode(raw, ours);
  out_.push_back(LinkSend{id, std::move(raw)});
  run();
}

void MetadataFetch::link_bytes(base::Instant now, LinkId id, ByteView bytes) {
  now_ = now;
  const auto at = links_.find(id);
  if (at == links_.end()) return;
  Link& link = at->second;
  link.decoder.feed(bytes);
  while (!link.doomed && stage_ != Stage::over) {
    const auto item = link.decoder.next();
    if (!item) link.doomed = CloseReason::protocol_error;
    if (!item || !item->has_value()) break;
    if (const auto* theirs = std::get_if<wire::Handshake>(&**item)) {
      take_handshake(link, *theirs);
      if (!link.doomed) send(id, wire::Extended{0, base::as_bytes("d1:md11:ut_metadatai2eee")});
    } else {
      take_message(id, link, std::get<wire::Message>(**item));
    }
  }
  run();
}

void MetadataFetch::link_closed(base::Instant now, LinkId id) {
  now_ = now;
  const auto at = links_.find(id);
  if (at == links_.end()) return;
  for (const Asked& asked : at->second.asked) reopen(asked.job);
  links_.erase(at);
  run();
}

void MetadataFetch::tick(base::Instant now) {
  now_ = now;
  run();
}

std::optional<MetadataOutput> MetadataFetch::poll() {
  if (polled_ == out_.size()) {
    out_.clear();
    polled_ = 0;
    return std::nullopt;
  }
  return std::move(out_[polled_++]);
}

void MetadataFetch::take_handshake(Link& link, const wire::Handshake& theirs) {
  static_assert(wire::kMetadataExtensionId == 2, "link_bytes() says so");
  if (!named_by(theirs.info_hash)) {
    link.doomed = CloseReason::wrong_torrent;
  } else if (theirs.peer_id == wanted_.peer_id) {
    link.doomed = CloseReason::duplicate;
  } else if (!theirs.extensions) {
    link.doomed = CloseReason::done;  // no use to us
  }
  link.peer = theirs.peer_id;
  link.handshaken = true;
  // The bit means that a link with a v1 name may be a v2 one; one with a v2 name is.
  link.v2 = theirs.v2 || !wanted_.v1 || theirs.info_hash != *wanted_.v1;
  link.until = now_;
}

void MetadataFetch::take_message(LinkId id, Link& link, const wire::Message& message) {
  if (const auto* extended = std::get_if<wire::Extended>(&message)) {
    if (extended->id == 0) take_extension_handshake(link, extended->payload);
    if (extended->id == wire::kMetadataExtensionId) take_metadata(id, link, extended->payload);
  } else if (const auto* hashes = std::get_if<wire::Hashes>(&message)) {
    take_hashes(link, *hashes);
  } else if (const auto* reject = std::get_if<wire::HashReject>(&message)) {
    if (stage_ != Stage::layers) return;
    for (const Asked& asked : link.asked) {
      const Job& job = jobs_[asked.job];
      if (wire::to_range(job.root, job.request) == reject->range) return refused(link, asked.job);
    }
  }  // what it has and wants is for the engine, later
}

void MetadataFetch::take_extension_handshake(Link& link, ByteView payload) {
  const auto theirs = wire::decode_extension_handshake(payload);
  if (!theirs) {
    link.doomed = CloseReason::protocol_error;
    return;
  }
  link.metadata_id = theirs->metadata;
  link.size = theirs->metadata_size.value_or(0);
  if (link.size > base::kMetainfoSizeMax) link.size = 0;  // not asked for it
}

/// Forgets the question; its job, if it was put to that peer.
std::optional<std::size_t> MetadataFetch::settle(Link& link, std::size_t job) {
  const auto at = std::ranges::find(link.asked, job, &Asked::job);
  if (at == link.asked.end()) return std::nullopt;
  link.asked.erase(at);
  return job;
}

void MetadataFetch::reopen(std::size_t job) {
  jobs_[job].phase = Job::Phase::open;
  first_open_ = std::min(first_open_, job);
}

void MetadataFetch::refused(Link& link, std::size_t job) {
  if (!settle(link, job)) return;
  reopen(job);
  link.until = now_ + kRest;
  if (++link.refusals >= kRefusalsMax) link.doomed = CloseReason::timed_out;
}

bool MetadataFetch::usable(LinkId id, const Link& link) const {
  if (!link.handshaken || link.doomed) return false;
  if (stage_ == Stage::layers) return link.v2;
  return stage_ == Stage::info && link.metadata_id && link.size > 0 && link.size == size_ &&
         (!only_ || *only_ == id);
}

/// Everything that is due, in a fixed order.
void MetadataFetch::run() {
  wake_ = base::kNever;
  for (auto& [id, link] : links_) check_time(link);
  reap();
  if (stage_ == Stage::info) choose_size();
  if (stage_ == Stage::over) {
    for (auto& [id, link] : links_) link.doomed = CloseReason::done;
    return reap();
  }
  for (auto& [id, link] : links_) ask(id, link);
}

void MetadataFetch::check_time(Link& link) {
  if (link.doomed) return;
  if (!link.handshaken && now_ >= link.until) link.doomed = CloseReason::timed_out;
  while (!link.doomed && !link.asked.empty() && now_ >= link.asked.front().until)
    refused(link, link.asked.front().job);
}

void MetadataFetch::ask(LinkId id, Link& link) {
  if (link.until > now_) {
    wake_ = std::min(wake_, link.until);  // a handshake, or a rest
  } else if (usable(id, link)) {
    for (std::size_t j = first_open_; j < jobs_.size(); ++j) {
      if (link.asked.size() == kMetadataAskedMax) break;
      Job& job = jobs_[j];
      if (job.phase != Job::Phase::open) continue;
      job.phase = Job::Phase::asked;
      first_open_ = j + 1;
      link.asked.push_back({j, now_ + wanted_.patience});
      if (stage_ == Stage::layers) {
        send(id, wire::HashRequest{wire::to_range(job.root, job.request)});
      } else {
        const Bytes request = wire::encode_metadata_request(static_cast<std::uint32_t>(j));
        send(id, wire::Extended{*link.metadata_id, request});
      }
    }
  }
  if (!link.asked.empty()) wake_ = std::min(wake_, link.asked.front().until);
}

void MetadataFetch::send(LinkId id, const wire::Message& message) {
  Bytes raw;
  wire::encode(raw, message);
  out_.push_back(LinkSend{id, std::move(raw)});
}

void MetadataFetch::reap() {
  for (auto at = links_.begin(); at != links_.end();) {
    const Link& link = at->second;
    if (!link.doomed) {
      ++at;
      continue;
    }
    for (const Asked& asked : link.asked) reopen(asked.job);
    out_.push_back(LinkClose{at->first, link.peer, *link.doomed});
    at = links_.erase(at);
  }
}

void MetadataFetch::end(MetadataOutput output) {
  stage_ = Stage::over;
  out_.push_back(std::move(output));
}

}  // namespace skep::engine
