#include "engine/http_session.hpp"

#include <algorithm>

#include "engine/claims.hpp"
#include "engine/delivery.hpp"

namespace skep::engine {
namespace {

/// Back-off after the first failure; doubles with each.
constexpr base::Duration kRetryAfter = base::milliseconds(300);
/// Pieces that are here already are read over when they are at most this much; beyond, the request
/// is cancelled and another one starts behind them.
constexpr std::uint64_t kSkipMax = 256 * 1024;
/// What we read over of a response that starts too early, when peers could serve us instead.
constexpr std::uint64_t kEarlyMax = 1024 * 1024;

enum class Ending : std::uint8_t { satisfied, cancelled, failed, mismatched };

/// Removes a job; unless it ended by itself, the host is told to stop.
void end_job(Core& core, Torrent& t, HttpId id, Ending ending, bool over) {
  HttpJob& job = *core.https.find(id);
  HttpHealth& health = t.file(job.file).http;
  tell_end(core, t, job, 0);
  if (!over) core.say(HttpCancel{id});
  if (ending == Ending::mismatched && health.mismatches < kHttpMismatchesMax) ++health.mismatches;
  if (ending == Ending::failed || ending == Ending::mismatched) {
    if (health.failures < kHttpFailuresMax) ++health.failures;
    const std::int64_t times = std::int64_t{1} << (health.failures - 1);
    health.not_before = core.now + kRetryAfter * times;
  }
  core.totals.wasted += job.piece.size();
  core.https.remove(id);
  ++t.epoch;
  core.sourcing_due = true;
}

std::uint32_t piece_at(const Torrent& t, const HttpJob& job) {
  return t.run_of(job.file, job.next, job.next + 1).first;
}

bool wanted(const Core& core, const Torrent& t, FileIndex file, std::uint32_t piece) {
  const auto& open = core.fetches.of_file(t.id, file);
  return std::any_of(open.begin(), open.end(), [&](FetchId id) {
    const Fetch& f = *core.fetches.find(id);
    return piece >= f.run.first && piece < f.run.end;
  });
}

/// The next piece that this job should still deliver, or nothing.
std::optional<std::uint32_t> next_needed(const Core& core, const Torrent& t, const HttpJob& job) {
  if (job.next >= job.limit) return std::nullopt;
  const PieceRun run = t.run_of(job.file, job.next, job.limit);
  for (std::uint32_t p = run.first; p < run.end; ++p)
    if (!t.have.test(p) && wanted(core, t, job.file, p)) return p;
  return std::nullopt;
}

/// Ends the job if it has nothing to do, or nothing for a while.
void settle_job(Core& core, Torrent& t, HttpJob& job) {
  const auto needed = next_needed(core, t, job);
  if (!needed) {
    const bool over = job.started && job.at >= job.asked_end;
    return end_job(core, t, job.id, Ending::satisfied, over);
  }
  const bool can_jump = !t.file(job.file).http.ranges_refused;
  if (job.started && can_jump && t.offset_of(*needed) > job.at + kSkipMax)
    end_job(core, t, job.id, Ending::cancelled, false);
}

bool some_peer_has(const Torrent& t, std::uint32_t piece) { return t.availability.of(piece) > 0; }

/// Takes one complete piece out of the job. False: it was not what the publisher signed.
bool close_piece(Core& core, Torrent& t, HttpJob& job, std::uint32_t piece) {
  Bytes bytes = std::move(job.piece);
  job.piece = {};
  const bool good = piece_is_good(t, piece, bytes);
  if (!good || t.have.test(piece)) core.totals.wasted += bytes.size();
  if (!good) return false;
  job.next += bytes.size();
  t.file(job.file).http.failures = 0;
  if (!t.have.test(piece)) deliver_piece(core, t, piece, std::move(bytes), Source::http);
  return true;
}

}  // namespace

void start_job(Core& core, Torrent& t, FileIndex file, PieceRun run, Urgency urgency, bool whole) {
  SKEP_ASSERT(!run.empty());
  HttpJob& job = core.https.add();
  job.torrent = t.id;
  job.file = file;
  job.urgency = urgency;
  job.whole = whole;
  const std::uint32_t last = run.end - 1;
  job.asked_begin = whole ? 0 : t.offset_of(run.first);
  job.asked_end = whole ? t.file_size(file) : t.offset_of(last) + t.piece_size(last);
  job.at = job.asked_begin;
  job.next = job.asked_begin;
  job.limit = t.offset_of(last) + t.piece_size(last);
  job.asked_at = core.now;
  job.last_byte_at = core.now;
  core.say(HttpGet{job.id, t.id, file, job.asked_begin, job.asked_end, whole, urgency});
  tell_claims(core, t, job);
}

void yield_job(Core& core, Torrent& t, HttpId id, std::uint64_t from) {
  HttpJob& job = *core.https.find(id);
  if (from <= job.next) return end_job(core, t, id, Ending::cancelled, false);
  tell_end(core, t, job, from);
  job.limit = std::min(job.limit, from);
  core.sourcing_due = true;
}

void trim_jobs(Core& core, Torrent& t) {
  for (auto& [id, job] : core.https.all()) {
    if (job.torrent != t.id || job.urgency == Urgency::urgent || job.next >= job.limit) continue;
    const std::uint32_t piece = piece_at(t, job);
    const PieceRun segment = t.segment_run(job.file, t.segment_of(piece));
    const std::uint32_t last = segment.end - 1;
    job.limit = std::min(job.limit, t.offset_of(last) + t.piece_size(last));
  }
  core.sourcing_due = true;
}

void check_jobs(Core& core) {
  std::vector<HttpId> ids;
  for (const auto& [id, job] : core.https.all()) ids.push_back(id);
  for (const HttpId id : ids) {
    HttpJob& job = *core.https.find(id);
    Torrent& t = *core.torrents.find(job.torrent);
    const base::Instant due = job.last_byte_at + kHttpSilenceMax;
    if (core.now >= due) {
      end_job(core, t, id, Ending::failed, false);
      continue;
    }
    core.wake_at(due, WakeReason::http_retry);
    refresh_claims(core, t, job);
    settle_job(core, t, job);
  }
}

void cancel_jobs(Core& core, Torrent& t, const FileIndex* file) {
  std::vector<HttpId> ids;
  for (const auto& [id, job] : core.https.all())
    if (job.torrent == t.id && (file == nullptr || job.file == *file)) ids.push_back(id);
  for (const HttpId id : ids) end_job(core, t, id, Ending::cancelled, false);
}

void on_http_started(Core& core, const HttpStarted& input) {
  HttpJob* job = core.https.find(input.http);
  if (job == nullptr || job->started) return;
  Torrent& t = *core.torrents.find(job->torrent);
  job->last_byte_at = core.now;
  if (input.status != 200 && input.status != 206)
    return end_job(core, t, input.http, Ending::failed, false);
  if (input.size != HttpStarted::kSizeUnknown && input.size != t.file_size(job->file))
    return end_job(core, t, input.http, Ending::mismatched, false);
  if (input.begin > job->next) return end_job(core, t, input.http, Ending::failed, false);
  job->started = true;
  if (input.begin == job->next) return;
  // Everything instead of a range: read on from there; what is missing on the way is welcome.
  t.file(job->file).http.ranges_refused = true;
  const std::uint64_t length = t.map.piece_length();
  const std::uint64_t wanted_from = job->next;
  job->at = input.begin;
  job->next = (input.begin + length - 1) / length * length;
  job->asked_end = t.file_size(job->file);
  const bool peers_can = some_peer_has(t, t.run_of(job->file, wanted_from, wanted_from + 1).first);
  if (wanted_from - input.begin > kEarlyMax && peers_can)
    end_job(core, t, input.http, Ending::failed, false);
}

void on_http_bytes(Core& core, const HttpBytes& input) {
  HttpJob* job = core.https.find(input.http);
  if (job == nullptr) {  // more than was asked for, or the cancel is still on its way
    if (!input.bytes.empty()) core.say(HttpCancel{input.http});
    return;
  }
  Torrent& t = *core.torrents.find(job->torrent);
  if (!job->started) return end_job(core, t, input.http, Ending::failed, false);
  job->last_byte_at = core.now;
  job->received += input.bytes.size();
  job->meter.add(core.now, input.bytes.size());
  ByteView rest = input.bytes;
  while (!rest.empty() && job->next < job->limit) {
    const std::uint32_t piece = piece_at(t, *job);
    const std::uint64_t end = job->next + t.piece_size(piece);
    const bool inside = job->at > job->next;  // its start was read over
    const bool skip = job->at < job->next || (job->piece.empty() && (inside || t.have.test(piece)));
    const std::uint64_t upto = job->at < job->next ? job->next : end;
    const auto count =
        static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), upto - job->at));
    if (skip) {
      core.totals.wasted += count;
    } else {
      if (job->piece.empty()) job->piece.reserve(t.piece_size(piece));
      base::append(job->piece, rest.first(count));
    }
    job->at += count;
    rest = rest.subspan(count);
    if (job->at < end) continue;
    if (skip) {
      job->next = end;
    } else if (!close_piece(core, t, *job, piece)) {
      return end_job(core, t, input.http, Ending::mismatched, false);
    }
  }
  job->at += rest.size();  // beyond what we still want
  core.totals.wasted += rest.size();
  settle_job(core, t, *job);
}

void on_http_ended(Core& core, const HttpEnded& input) {
  HttpJob* job = core.https.find(input.http);
  if (job == nullptr) return;
  // A job that had all of its bytes is gone: this one was cut short, whatever `ok` says.
  end_job(core, *core.torrents.find(job->torrent), input.http, Ending::failed, true);
}

}  // namespace skep::engine
