#include "engine/fetching.hpp"

#include <algorithm>

#include "engine/announcer.hpp"
#include "engine/claims.hpp"
#include "engine/delivery.hpp"
#include "engine/http_session.hpp"
#include "engine/peer_session.hpp"
#include "engine/requests.hpp"
#include "engine/uploads.hpp"
#include "site/site_map.hpp"

namespace skep::engine {
namespace {

TorrentReady describe(TorrentId id, const torrent::Info& info, const site::SiteMap& map) {
  TorrentReady ready{id, info.name, info.piece_length, {}};
  const std::size_t own = info.files.size();
  ready.files = std::vector<SiteFile>(own + map.aliases.size());
  for (std::size_t i = 0; i < ready.files.size(); ++i) {
    const site::UrlAlias* alias = i < own ? nullptr : &map.aliases[i - own];
    SiteFile& out = ready.files[i];
    out.file = alias ? alias->file : FileIndex{static_cast<std::uint32_t>(i)};
    const site::FileClass& headers = map.headers_of(out.file);
    const torrent::File& file = info.file(out.file);
    out.url_path = alias ? alias->path : site::url_of(file.path, headers);
    out.media_type = headers.type;
    out.cache_control = headers.cache;
    out.content_encoding = headers.encoding;
    out.size = file.size;
    out.root = file.root;
  }
  return ready;
}

base::Instant deadline_of(const Core& core, const FetchRequested& input) {
  if (input.deadline.us > 0) {
    constexpr std::int64_t kFar = 1'000'000'000'000;  // eleven days are for ever
    return core.now + base::microseconds(std::min(input.deadline.us, kFar));
  }
  if (input.urgency == Urgency::urgent) return core.now;
  const std::uint64_t rate = std::max<std::uint64_t>(core.config.floor_rate_bytes_per_s, 1);
  const std::uint64_t bytes = std::min<std::uint64_t>(input.end - input.begin, 1ULL << 40);
  const auto needed = static_cast<std::int64_t>(bytes * 1'000'000 / rate);
  const bool seen = input.urgency == Urgency::visible;
  return core.now + core.config.normal_deadline / (seen ? 2 : 1) + base::microseconds(needed);
}

/// Bytes of the fetch that are here already, and pieces that are not.
void count_here(const Torrent& t, Fetch& f) {
  for (std::uint32_t p = f.run.first; p < f.run.end; ++p) {
    if (!t.have.test(p)) {
      ++f.missing;
      continue;
    }
    const std::uint64_t offset = t.offset_of(p);
    f.from_store += std::min(offset + t.piece_size(p), f.end) - std::max(offset, f.begin);
  }
}

}  // namespace

void on_torrent_added(Core& core, const TorrentAdded& input) {
  const auto refuse = [&](base::Errc why) { core.say(TorrentRefused{input.torrent, why}); };
  if (core.torrents.find(input.torrent) != nullptr) return refuse(base::Errc::duplicate);
  if (core.torrents.full()) return refuse(base::Errc::limit_exceeded);
  auto meta = torrent::parse_content(input.metainfo);
  if (!meta) return refuse(meta.error().code);
  if (meta->info.hash != input.expected) return refuse(base::Errc::hash_mismatch);
  const auto map = site::parse_site_map(meta->info);
  if (!map) return refuse(map.error().code);
  core.say(describe(input.torrent, meta->info, *map));
  Torrent& t = core.torrents.add(input.torrent, std::move(*meta), core.config.http_segment_bytes);
  t.v1 = input.v1;
}

void on_torrent_removed(Core& core, const TorrentRemoved& input) {
  Torrent* t = core.torrents.find(input.torrent);
  if (t == nullptr) return;
  const FetchTable::Order open = core.fetches.by_need();
  for (const FetchId id : open)
    if (core.fetches.find(id)->torrent == t->id) fail_fetch(core, id, FetchFailed::Reason::removed);
  cancel_jobs(core, *t, nullptr);
  for (auto& [link, peer] : core.peers.all())
    if (peer.torrent == t->id && !peer.doomed) peer.doomed = CloseReason::done;
  reap_peers(core);
  announce_stop(core, *t);
  core.candidates.forget(t->id);
  core.loads.forget(t->id);
  core.cache.forget(t->id);
  core.torrents.remove(t->id);
}

void on_file_kept(Core& core, const FileKept& input) {
  Torrent* t = core.torrents.find(input.torrent);
  if (t == nullptr || input.file.value >= t->files.size()) return;
  FileState& state = t->file(input.file);
  if (state.complete) return;
  const PieceRun run = t->run_of(input.file);
  cancel_jobs(core, *t, &input.file);
  for (std::uint32_t p = run.first; p < run.end; ++p) {
    if (t->have.test(p)) continue;
    abandon_piece(core, *t, p);
    core.totals.kept += t->piece_size(p);
    t->have.set(p);
    t->source[p] = Source::store;
    ++state.have;
    tell_have(core, *t, p);
    for (const FetchId id : core.fetches.of_file(t->id, input.file)) {
      Fetch& f = *core.fetches.find(id);
      if (p < f.run.first || p >= f.run.end) continue;
      --f.missing;
      const std::uint64_t offset = t->offset_of(p);
      f.from_store += std::min(offset + t->piece_size(p), f.end) - std::max(offset, f.begin);
    }
  }
  state.complete = true;
  ++t->epoch;
  const FetchTable::Order open = core.fetches.of_file(t->id, input.file);
  for (const FetchId id : open) report_progress(core, *t, id);
}

void on_piece_found(Core& core, const PieceFound& input) {
  Torrent* t = core.torrents.find(input.torrent);
  if (t == nullptr || input.file.value >= t->files.size()) return;
  if (input.offset >= t->file_size(input.file) || input.offset % t->map.piece_length() != 0) return;
  const auto nth = static_cast<std::uint32_t>(input.offset / t->map.piece_length());
  const std::uint32_t piece = t->run_of(input.file).first + nth;
  if (t->have.test(piece) || !piece_is_good(*t, piece, input.bytes)) return;
  core.totals.kept += input.bytes.size();
  deliver_piece(core, *t, piece, base::to_bytes(input.bytes), Source::store);
}

void on_store_failed(Core& core, const StoreFailed& input) {
  Torrent* t = core.torrents.find(input.torrent);
  if (t == nullptr || input.file.value >= t->files.size()) return;
  fail_file(core, t->id, input.file, FetchFailed::Reason::store_failed);
  cancel_jobs(core, *t, &input.file);
  const PieceRun run = t->run_of(input.file);
  for (std::uint32_t p = run.first; p < run.end; ++p) {
    abandon_piece(core, *t, p);
    reject_piece(core, *t, p);
    forget_piece(core, *t, p);
  }
  t->file(input.file).complete = false;
}

void on_fetch_requested(Core& core, const FetchRequested& input) {
  const auto refuse = [&](FetchFailed::Reason why) { core.say(FetchFailed{input.fetch, why}); };
  if (core.fetches.find(input.fetch) != nullptr) return refuse(FetchFailed::Reason::bad_range);
  Torrent* t = core.torrents.find(input.torrent);
  if (t == nullptr || input.file.value >= t->files.size())
    return refuse(FetchFailed::Reason::no_such_file);
  if (input.begin > input.end || input.end > t->file_size(input.file))
    return refuse(FetchFailed::Reason::bad_range);
  if (core.fetches.full()) return refuse(FetchFailed::Reason::too_many);

  Fetch f;
  f.id = input.fetch;
  f.torrent = input.torrent;
  f.file = input.file;
  f.begin = input.begin;
  f.end = input.end;
  f.urgency = input.urgency;
  f.started = core.now;
  f.last_piece = core.now;
  f.deadline = deadline_of(core, input);
  f.run = t->run_of(input.file, input.begin, input.end);
  f.cursor = f.run.first;
  f.reported = input.begin;
  count_here(*t, f);
  // A new wish is a new chance for an origin that failed before.
  HttpHealth& health = t->file(input.file).http;
  if (health.failures >= kHttpFailuresMax) health.failures = kHttpFailuresMax - 1;
  core.fetches.add(f);
  ++t->epoch;
  core.sourcing_due = true;
  report_complete(core, *t, input.file);
  report_progress(core, *t, input.fetch);
}

void on_fetch_cancelled(Core& core, const FetchCancelled& input) {
  const Fetch* f = core.fetches.find(input.fetch);
  if (f == nullptr) return;
  Torrent& t = *core.torrents.find(f->torrent);
  const PieceRun run = f->run;
  core.fetches.remove(input.fetch);
  abandon_unwanted(core, t, run);
  ++t.epoch;
  core.sourcing_due = true;
}

}  // namespace skep::engine
