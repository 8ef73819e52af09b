#include "engine/torrent_table.hpp"

#include <algorithm>
#include <utility>

namespace skep::engine {

using torrent::GlobalPiece;

torrent::FilePiece Torrent::locate(std::uint32_t piece) const {
  return map.locate(GlobalPiece{piece});
}
std::uint32_t Torrent::piece_size(std::uint32_t piece) const {
  return map.piece_size(locate(piece));
}
std::uint64_t Torrent::offset_of(std::uint32_t piece) const {
  return map.piece_offset(locate(piece).piece);
}
FileState& Torrent::file(FileIndex file) {
  SKEP_ASSERT(file.value < files.size());
  return files[file.value];
}
const FileState& Torrent::file(FileIndex file) const {
  SKEP_ASSERT(file.value < files.size());
  return files[file.value];
}

PieceRun Torrent::run_of(FileIndex index) const {
  const FileState& state = file(index);
  return {state.first_piece, state.first_piece + state.pieces};
}
PieceRun Torrent::run_of(FileIndex index, std::uint64_t begin, std::uint64_t end) const {
  SKEP_ASSERT(begin <= end && end <= file_size(index));
  const std::uint32_t first = file(index).first_piece;
  if (begin == end) return {first, first};
  const std::uint64_t length = map.piece_length();
  return {first + static_cast<std::uint32_t>(begin / length),
          first + static_cast<std::uint32_t>((end + length - 1) / length)};
}

std::uint32_t Torrent::segment_of(std::uint32_t piece) const {
  return locate(piece).piece.value / segment_pieces;
}
std::uint32_t Torrent::segments_in(FileIndex index) const {
  return (file(index).pieces + segment_pieces - 1) / segment_pieces;
}
PieceRun Torrent::segment_run(FileIndex index, std::uint32_t segment) const {
  const PieceRun all = run_of(index);
  const std::uint64_t first = all.first + std::uint64_t{segment} * segment_pieces;
  return {static_cast<std::uint32_t>(std::min<std::uint64_t>(first, all.end)),
          static_cast<std::uint32_t>(std::min<std::uint64_t>(first + segment_pieces, all.end))};
}

std::uint64_t Torrent::bytes_left() const {
  std::uint64_t left = 0;
  for (std::uint32_t i = 0; i < files.size(); ++i) {
    const FileState& state = files[i];
    if (state.have == state.pieces) continue;
    const std::uint64_t here = std::uint64_t{state.have} * map.piece_length();
    left += file_size(FileIndex{i}) - std::min(here, file_size(FileIndex{i}));
  }
  return left;
}

Assembly& Torrent::assembly(std::uint32_t piece) {
  SKEP_ASSERT(!have.test(piece));
  Assembly& made = assemblies[piece];
  if (made.blocks.empty()) {
    const std::uint32_t blocks = map.blocks_in(locate(piece));
    made.blocks.resize(blocks);
    made.open = blocks;
  }
  return made;
}
void Torrent::drop_assembly(std::uint32_t piece) {
  assemblies.erase(piece);
  taken.set(piece, false);
  ++epoch;
}
void Torrent::refresh_taken(std::uint32_t piece) {
  const auto at = assemblies.find(piece);
  const bool nothing_open = at != assemblies.end() && at->second.open == 0;
  if (taken.set(piece, nothing_open) && !nothing_open) ++epoch;
}

Torrent* TorrentTable::find(TorrentId id) {
  const auto at = torrents_.find(id);
  return at == torrents_.end() ? nullptr : &at->second;
}

Torrent& TorrentTable::add(TorrentId id, torrent::Content&& meta, std::uint64_t segment_bytes) {
  SKEP_ASSERT(!full() && !torrents_.contains(id));
  Torrent& t = torrents_[id];
  t.id = id;
  t.meta = std::move(meta);
  t.map = torrent::PieceMap(t.meta.info.files, t.meta.info.piece_length);
  const std::uint32_t pieces = t.map.piece_count();
  t.segment_pieces = static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(segment_bytes / t.map.piece_length(), 1, 1U << 16));
  t.files.resize(t.map.file_count());
  for (std::uint32_t i = 0; i < t.files.size(); ++i) {
    t.files[i].first_piece = t.map.first_piece(FileIndex{i}).value;
    t.files[i].pieces = t.map.pieces_in(FileIndex{i});
  }
  t.have = base::Bitfield(pieces);
  t.checked = base::Bitfield(pieces);
  t.taken = base::Bitfield(pieces);
  t.source.assign(pieces, Source::none);
  t.availability = Availability(pieces);
  return t;
}
void TorrentTable::remove(TorrentId id) { torrents_.erase(id); }

}  // namespace skep::engine
