#include "engine/http_planner.hpp"

#include <algorithm>

#include "engine/claims.hpp"

namespace skep::engine {
namespace {

/// A claim with a sign of life within this time is honoured even when HTTP would be faster for us.
constexpr base::Duration kClaimHonoured = base::seconds(2);
/// In a crowd it is honoured longer: HTTP is not faster when everybody turns to it. Up to half of
/// it more by chance, so that one overrules it and the others hear of that.
constexpr base::Duration kCrowdHonours = base::seconds(6);
/// Ranks beyond do not wait longer.
constexpr std::uint32_t kRankMax = 4;

/// Whether another request may start now.
bool slot_free(const Core& core, Urgency urgency) {
  if (core.https.size() >= kHttpJobsMax) return false;
  if (urgency == Urgency::urgent) return true;
  // What a person looks at does not wait behind what the page has asked for before.
  const std::size_t more = urgency == Urgency::visible ? core.config.http_parallel_prefetch : 0;
  if (core.https.size() >= core.config.http_parallel_max + more) return false;
  return urgency != Urgency::prefetch ||
         core.https.count(Urgency::prefetch) < core.config.http_parallel_prefetch;
}

std::size_t jobs_of(const Core& core, const Torrent& t, FileIndex file) {
  std::size_t n = 0;
  for (const auto& [id, job] : core.https.all()) n += job.torrent == t.id && job.file == file;
  return n;
}

/// Whether a peer owes a block of this piece.
bool being_delivered(const Torrent& t, std::uint32_t piece) {
  const auto at = t.assemblies.find(piece);
  return at != t.assemblies.end() && at->second.open + at->second.here < at->second.blocks.size();
}

/// One fetch's view of its pieces while its requests are planned.
class Planner {
 public:
  Planner(Core& core, Torrent& t, Fetch& f, const HedgeView& view, Reach reach)
      : core_(core), t_(t), f_(f), view_(view), reach_(reach), covered_(covered_runs(core, t, f)) {
    urgent_ = f.urgency == Urgency::urgent;
    divide_ = !urgent_ && t.segments_in(f.file) > 1 && any_skep_peer(core, t);
  }

  void run() {
    // Pieces that a peer is delivering just now come last, unless nothing else is left.
    for (const bool begun_too : {false, true}) {
      if (begun_too && (started_ > 0 || (!urgent_ && reach_ != Reach::all))) break;
      for (const bool first_turn : {true, false}) walk(first_turn, begun_too || urgent_);
    }
    if (started_ > 0) {
      f_.turn_since = {};
    } else if (waits_for_turn_ && f_.turn_since == base::Instant{}) {
      f_.turn_since = core_.now;
      note_wait(core_.now + core_.config.claim_grace);
    }
  }

 private:
  bool eligible(std::uint32_t p, bool begun_too) const {
    if (t_.have.test(p) || in_runs(covered_, p)) return false;
    if (!begun_too && being_delivered(t_, p)) return false;
    const std::uint16_t copies = t_.availability.of(p);
    return reach_ == Reach::all || copies == 0 || (reach_ == Reach::scarce && copies <= 1);
  }

  /// `first_turn`: only segments where it is our turn; then the others, when they waited enough.
  void walk(bool first_turn, bool begun_too) {
    for (std::uint32_t p = f_.cursor; p < f_.run.end;) {
      if (!may_start_more()) return;
      if (!eligible(p, begun_too)) {
        ++p;
        continue;
      }
      const std::uint32_t segment = t_.segment_of(p);
      const std::uint32_t stop =
          divide_ ? std::min(f_.run.end, t_.segment_run(f_.file, segment).end) : f_.run.end;
      PieceRun run{p, p};
      while (run.end < stop && eligible(run.end, begun_too)) ++run.end;
      p = run.end;
      if (urgent_ || our_turn(segment, first_turn)) {
        start(run);
      } else {
        p = std::max(p, std::min(stop, t_.segment_run(f_.file, segment).end));
      }
    }
  }

  bool may_start_more() const {
    if (!slot_free(core_, f_.urgency)) return false;
    const std::size_t most = view_.crowd >= kCrowdMin ? 1 : kJobsPerFileMax;
    return urgent_ || jobs_of(core_, t_, f_.file) < most;
  }

  bool our_turn(std::uint32_t segment, bool first_turn) {
    if (const auto claimed = claimed_since(core_, t_, f_.file, segment)) {
      if (reach_ != Reach::all && (view_.crowd >= kCrowdMin || !late())) return false;
      if (view_.http_rate / 2 < view_.peer_rate) return false;
      const base::Instant until = honoured_until(*claimed, segment);
      if (core_.now >= until) return true;
      note_wait(until);
      return false;
    }
    std::uint32_t rank = claim_rank(core_, t_, f_.file, segment);
    // What we fetch without giving it on helps nobody else: others first.
    if (!core_.policy.upload && view_.crowd > 0) rank += kRankMax;
    if (rank == 0) return true;
    if (first_turn || well_served()) return false;
    waits_for_turn_ = true;
    if (f_.turn_since == base::Instant{}) return false;
    const auto pause = static_cast<std::uint64_t>(core_.config.claim_grace.us);
    const std::uint64_t jitter = claim_score(core_.config.peer_id, {}, segment) % (pause / 2 + 1);
    const base::Instant due =
        f_.turn_since +
        base::microseconds(static_cast<std::int64_t>(pause * std::min(rank, kRankMax) + jitter));
    if (core_.now >= due) return true;
    note_wait(due);
    return false;
  }

  base::Instant honoured_until(base::Instant claimed, std::uint32_t segment) const {
    if (view_.crowd < kCrowdMin) return claimed + kClaimHonoured;
    const auto spread = static_cast<std::uint64_t>(kCrowdHonours.us / 2);
    const std::uint64_t chance = claim_score(core_.config.peer_id, {}, segment) % spread;
    const base::Duration jitter = base::microseconds(static_cast<std::int64_t>(chance));
    return claimed + kCrowdHonours + jitter;
  }

  /// In a crowd whose members feed us faster than the origin would, whose turn it is decides alone:
  /// what nobody around has yet is probably on its way through the crowd.
  bool well_served() const {
    return view_.crowd >= kCrowdMin && view_.serving && view_.peer_rate > view_.http_rate / 2;
  }

  bool late() const {
    const std::uint64_t rate = std::max<std::uint64_t>(view_.http_rate, 1);
    const std::uint64_t need_us =
        std::min<std::uint64_t>(view_.bytes_ahead, 1'000'000'000'000) * 1'000'000 / rate;
    return core_.now + base::microseconds(static_cast<std::int64_t>(
                           std::min<std::uint64_t>(need_us, 1'000'000'000'000))) >
           f_.deadline;
  }

  void note_wait(base::Instant until) {
    if (until > core_.now && until < core_.sourcing_at) core_.sourcing_at = until;
  }

  void start(PieceRun run) {
    const HttpHealth& health = t_.file(f_.file).http;
    const PieceRun all = t_.run_of(f_.file);
    const bool nothing_anywhere = run == all && view_.orphans == t_.file_size(f_.file);
    const bool whole = health.mismatches == 0 && (nothing_anywhere || (urgent_ && run == all));
    start_job(core_, t_, f_.file, run, f_.urgency, whole);
    covered_.push_back(run);
    ++started_;
  }

  Core& core_;
  Torrent& t_;
  Fetch& f_;
  const HedgeView& view_;
  Reach reach_;
  std::vector<PieceRun> covered_;
  bool urgent_ = false;
  bool divide_ = false;
  bool waits_for_turn_ = false;
  int started_ = 0;
};

}  // namespace

std::vector<PieceRun> covered_runs(const Core& core, const Torrent& t, const Fetch& f) {
  std::vector<PieceRun> runs;
  for (const auto& [id, job] : core.https.all()) {
    if (job.torrent != t.id || job.file != f.file || job.next >= job.limit) continue;
    std::uint64_t upto = job.limit;
    // A request in no hurry that is far away does not count for one that is.
    if (f.urgency == Urgency::urgent && job.urgency != Urgency::urgent)
      upto = std::min(upto, job.next + core.config.http_segment_bytes);
    runs.push_back(t.run_of(job.file, job.next, upto));
  }
  return runs;
}

bool in_runs(const std::vector<PieceRun>& runs, std::uint32_t piece) {
  return std::any_of(runs.begin(), runs.end(), [piece](const PieceRun& run) {
    return piece >= run.first && piece < run.end;
  });
}

void plan_http(Core& core, Torrent& t, Fetch& f, const HedgeView& view, Reach reach) {
  Planner(core, t, f, view, reach).run();
}

}  // namespace skep::engine
