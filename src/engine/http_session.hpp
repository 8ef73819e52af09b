/// http_session.hpp: HTTP requests from start to end: bytes become pieces, and the many ways in
///                    which origins fail or lie become retries, back-off and, at last, failure.
/// CONTRACT  nothing leaves a job but whole verified pieces. A job that is gone ignores its late
///           answers.
/// SPEC      RFC 9110 sections 14 (ranges) and 15 (status codes); docs/formats/engine.md "HTTP".
/// LIMITS    kHttpFailuresMax, kHttpMismatchesMax, kHttpSilenceMax.
#pragma once

#include "engine/core.hpp"

namespace skep::engine {

/// Failures in a row, without a verified piece between them, before HTTP counts as unusable.
inline constexpr std::uint8_t kHttpFailuresMax = 4;
/// Wrong bytes: the second time the host has bypassed every cache, so the origin means it.
inline constexpr std::uint8_t kHttpMismatchesMax = 2;
/// A request that sends nothing for that long has failed.
inline constexpr base::Duration kHttpSilenceMax = base::seconds(20);

/// Begins a request for pieces `run` of a file; `whole`: without a Range header.
void start_job(Core& core, Torrent& torrent, FileIndex file, PieceRun run, Urgency urgency,
               bool whole);
/// Stops wanting anything at or after file offset `from`; a job left with nothing is cancelled.
void yield_job(Core& core, Torrent& torrent, HttpId id, std::uint64_t from);
/// Cuts long requests at the end of their current segment, because there is now somebody to share
/// the rest with.
void trim_jobs(Core& core, Torrent& torrent);
/// Cancels requests that nobody needs any more, and those that fell silent. Asks to be woken.
void check_jobs(Core& core);
/// Cancels all requests of a torrent, or of one of its files.
void cancel_jobs(Core& core, Torrent& torrent, const FileIndex* file);

void on_http_started(Core& core, const HttpStarted& input);
void on_http_bytes(Core& core, const HttpBytes& input);
void on_http_ended(Core& core, const HttpEnded& input);

}  // namespace skep::engine
