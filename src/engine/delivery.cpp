#include "engine/delivery.hpp"

#include <algorithm>

#include "engine/requests.hpp"
#include "engine/verifier.hpp"
#include "wire/extension.hpp"

namespace skep::engine {
namespace {

/// Bytes of [begin, end) of a fetch that lie inside a piece.
std::uint64_t overlap(const Torrent& t, const Fetch& f, std::uint32_t piece) {
  const std::uint64_t offset = t.offset_of(piece);
  const std::uint64_t from = std::max(offset, f.begin);
  const std::uint64_t to = std::min(offset + t.piece_size(piece), f.end);
  return to > from ? to - from : 0;
}

std::uint64_t& count_of(Fetch& f, Source source) {
  if (source == Source::store) return f.from_store;
  return source == Source::http ? f.from_http : f.from_peers;
}

/// Tells who understands it (BEP 54) that we do not have the piece any more.
void take_back(Core& core, const Torrent& t, std::uint32_t piece) {
  const Bytes payload = wire::encode_dont_have(piece);
  for (auto& [link, peer] : core.peers.all())
    if (peer.torrent == t.id && peer.dont_have_id)
      send(core, peer, wire::Extended{*peer.dont_have_id, payload});
}

}  // namespace

void tell_have(Core& core, const Torrent& t, std::uint32_t piece) {
  for (auto& [link, peer] : core.peers.all())
    if (peer.torrent == t.id && peer.ready() && peer.shown && !peer.has.test(piece))
      send(core, peer, wire::Have{piece});
}

bool piece_is_good(const Torrent& t, std::uint32_t piece, ByteView bytes) {
  const torrent::FilePiece at = t.locate(piece);
  if (bytes.size() != t.piece_size(piece)) return false;
  return torrent::piece_hash(bytes, t.map.piece_length(), t.file_size(at.file)) ==
         t.meta.expected_hash(at.file, at.piece);
}

void deliver_piece(Core& core, Torrent& t, std::uint32_t piece, Bytes bytes, Source source) {
  SKEP_ASSERT(!t.have.test(piece) && bytes.size() == t.piece_size(piece));
  const FileIndex file = t.locate(piece).file;
  resolve_suspect(core, t, piece, bytes);
  abandon_piece(core, t, piece);
  t.have.set(piece);
  t.checked.set(piece);
  t.source[piece] = source;
  ++t.file(file).have;
  ++t.epoch;
  if (source != Source::store) {  // totals of the store count when a fetch is done
    (source == Source::http ? core.totals.from_http : core.totals.from_peers) += bytes.size();
    const bool peers_may_ask = core.policy.upload && core.peers.size() > 0;
    if (peers_may_ask) core.cache.put(t.id, piece, bytes);
    core.say(StoreWrite{t.id, file, t.offset_of(piece), std::move(bytes)});
  }
  if (core.policy.upload_ratio_percent > 0) core.choking_due = true;  // more may be given now
  tell_have(core, t, piece);

  const FetchTable::Order open = core.fetches.of_file(t.id, file);  // a copy: fetches may finish
  for (const FetchId id : open) {
    Fetch& f = *core.fetches.find(id);
    if (piece < f.run.first || piece >= f.run.end) continue;
    SKEP_ASSERT(f.missing > 0);
    --f.missing;
    f.last_piece = core.now;
    count_of(f, source) += overlap(t, f, piece);
    report_progress(core, t, id);
  }
  report_complete(core, t, file);
}

void report_progress(Core& core, Torrent& t, FetchId id) {
  Fetch& f = *core.fetches.find(id);
  while (f.cursor < f.run.end && t.have.test(f.cursor)) ++f.cursor;
  const std::uint64_t ready =
      f.cursor == f.run.end ? f.end : std::clamp(t.offset_of(f.cursor), f.begin, f.end);
  if (ready > f.reported && ready > f.begin) {
    f.reported = ready;
    core.say(FetchProgress{id, ready});
  }
  if (f.cursor < f.run.end) return;
  SKEP_ASSERT(f.missing == 0);
  SKEP_ASSERT(f.from_peers + f.from_http + f.from_store == f.end - f.begin);
  core.totals.from_store += f.from_store;
  core.say(FetchDone{id, f.from_peers, f.from_http, f.from_store});
  core.fetches.remove(id);
  ++t.epoch;
  core.sourcing_due = true;
}

void report_complete(Core& core, Torrent& t, FileIndex file) {
  FileState& state = t.file(file);
  if (state.complete || state.have < state.pieces) return;
  state.complete = true;
  state.http = {};
  core.say(FileComplete{t.id, file});
}

void fail_fetch(Core& core, FetchId id, FetchFailed::Reason reason) {
  if (Torrent* t = core.torrents.find(core.fetches.find(id)->torrent)) ++t->epoch;
  core.fetches.remove(id);
  core.say(FetchFailed{id, reason});
  core.sourcing_due = true;
}

void fail_file(Core& core, TorrentId torrent, FileIndex file, FetchFailed::Reason reason) {
  const FetchTable::Order open = core.fetches.of_file(torrent, file);
  for (const FetchId id : open) fail_fetch(core, id, reason);
}

void forget_piece(Core& core, Torrent& t, std::uint32_t piece) {
  core.cache.forget(t.id, piece);
  if (!t.have.set(piece, false)) return;
  t.checked.set(piece, false);
  t.source[piece] = Source::none;
  FileState& state = t.file(t.locate(piece).file);
  SKEP_ASSERT(state.have > 0);
  --state.have;
  state.complete = false;
  take_back(core, t, piece);
  ++t.epoch;
  for (const FetchId id : core.fetches.by_need()) {
    Fetch& f = *core.fetches.find(id);
    if (f.torrent != t.id || piece < f.run.first || piece >= f.run.end) continue;
    ++f.missing;  // it will come again; count its bytes where it comes from then
    f.cursor = std::min(f.cursor, piece);
    const std::uint64_t bytes = overlap(t, f, piece);
    std::uint64_t left = bytes;
    for (std::uint64_t* count : {&f.from_store, &f.from_http, &f.from_peers}) {
      const std::uint64_t taken = std::min(left, *count);
      *count -= taken;
      left -= taken;
    }
    SKEP_ASSERT(left == 0);
  }
  core.sourcing_due = true;
}

}  // namespace skep::engine
