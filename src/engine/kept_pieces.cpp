#include "engine/kept_pieces.hpp"

#include "engine/delivery.hpp"

namespace skep::engine {
namespace {

void load_piece(Core& core, const Torrent& t, std::uint32_t piece) {
  const LoadId load = core.loads.add({t.id, piece});
  core.say(PieceLoad{load, t.id, t.locate(piece).file, t.offset_of(piece), t.piece_size(piece)});
}

/// What nobody waits for, two at a time: a file is complete when all of it was checked.
void prove_rest(Core& core, const Torrent& t) {
  constexpr std::size_t kQuietLoads = 2;
  for (std::uint32_t p = 0; p < t.unproven.size(); ++p) {
    if (core.loads.size() >= kQuietLoads) return;
    if (!t.unproven.test(p) || core.loads.loading(t.id, p)) continue;
    load_piece(core, t, p);
  }
}

}  // namespace

void on_pieces_kept(Core& core, const PiecesKept& input) {
  Torrent* t = core.torrents.find(input.torrent);
  if (t == nullptr || input.file.value >= t->files.size()) return;
  const PieceRun run = t->run_of(input.file);
  const auto kept = base::Bitfield::decode(input.pieces, run.end - run.first);
  if (!kept) return;
  for (std::uint32_t p = run.first; p < run.end; ++p) {
    const bool known = t->have.test(p) || t->assemblies.contains(p);
    if (known || !kept->test(p - run.first)) continue;
    t->unproven.set(p);
    t->taken.set(p);
  }
  core.sourcing_due = true;
}

void prove_kept(Core& core) {
  for (const FetchId id : core.fetches.by_need()) {
    const Fetch& f = *core.fetches.find(id);
    const Torrent& t = *core.torrents.find(f.torrent);
    if (t.unproven.none()) continue;
    for (std::uint32_t p = f.cursor; p < f.run.end; ++p) {
      if (core.loads.full()) return;
      if (!t.unproven.test(p) || core.loads.loading(t.id, p)) continue;
      load_piece(core, t, p);
    }
  }
  for (const auto& [id, t] : core.torrents.all())
    if (!t.unproven.none()) prove_rest(core, t);
}

void take_kept(Core& core, Torrent& t, std::uint32_t piece, ByteView bytes) {
  t.forget_unproven(piece);
  core.sourcing_due = true;
  if (!piece_is_good(t, piece, bytes)) return;
  core.totals.kept += bytes.size();
  deliver_piece(core, t, piece, base::to_bytes(bytes), Source::store);
}

}  // namespace skep::engine
