#include "engine/http_table.hpp"

#include "base/assert.hpp"

namespace skep::engine {

HttpJob* HttpTable::find(HttpId id) {
  const auto at = jobs_.find(id);
  return at == jobs_.end() ? nullptr : &at->second;
}

HttpJob& HttpTable::add() {
  SKEP_ASSERT(jobs_.size() < kHttpJobsMax);
  const HttpId id{++last_id_};
  HttpJob& job = jobs_[id];
  job.id = id;
  return job;
}

std::size_t HttpTable::count(Urgency urgency) const {
  std::size_t n = 0;
  for (const auto& [id, job] : jobs_) n += job.urgency == urgency ? 1 : 0;
  return n;
}

}  // namespace skep::engine
