/// http_table.hpp: HTTP requests that are under way, and the bytes of the piece each is inside of.
/// CONTRACT  owned by Core. A job reads [next, limit) of its file; `limit` may shrink below what
///           was asked for (then the request is cancelled there).
/// LIMITS    kHttpJobsMax.
#pragma once

#include <map>
#include <utility>

#include "engine/io.hpp"
#include "engine/meter.hpp"
#include "engine/picker.hpp"

namespace skep::engine {

/// Requests at once, urgent ones beyond http_parallel_max included.
inline constexpr std::size_t kHttpJobsMax = 64;

struct HttpJob {
  HttpId id;
  TorrentId torrent;
  FileIndex file;
  Urgency urgency = Urgency::normal;
  bool whole = false;
  bool started = false;  ///< headers came
  std::uint64_t asked_begin = 0;
  std::uint64_t asked_end = 0;
  std::uint64_t at = 0;     ///< file offset of the stream's next byte
  std::uint64_t next = 0;   ///< start of the piece that is being gathered; a piece boundary
  std::uint64_t limit = 0;  ///< end of what we still want: a piece boundary, or the file's end
  base::Bytes piece;        ///< [next, at) when gathering
  base::Instant asked_at;
  base::Instant last_byte_at;
  base::Instant told_at;  ///< when peers were last told that we claim it
  std::uint64_t received = 0;
  Meter meter;
};

class HttpTable {
 public:
  std::size_t size() const { return jobs_.size(); }
  HttpJob* find(HttpId id);
  HttpJob& add();  ///< a new one, with its id
  void remove(HttpId id) { jobs_.erase(id); }
  std::map<HttpId, HttpJob>& all() { return jobs_; }
  const std::map<HttpId, HttpJob>& all() const { return jobs_; }
  std::size_t count(Urgency urgency) const;

 private:
  std::map<HttpId, HttpJob> jobs_;
  std::uint32_t last_id_ = 0;
};

}  // namespace skep::engine
