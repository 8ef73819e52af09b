#include "engine/fetch_table.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "base/assert.hpp"

namespace skep::engine {

Fetch* FetchTable::find(FetchId id) {
  const auto at = fetches_.find(id);
  return at == fetches_.end() ? nullptr : &at->second;
}

const Fetch* FetchTable::find(FetchId id) const {
  const auto at = fetches_.find(id);
  return at == fetches_.end() ? nullptr : &at->second;
}

bool FetchTable::before(FetchId a, FetchId b) const {
  const Fetch& x = fetches_.at(a);
  const Fetch& y = fetches_.at(b);
  return std::tie(x.urgency, x.deadline, x.id) < std::tie(y.urgency, y.deadline, y.id);
}

Fetch& FetchTable::add(Fetch fetch) {
  SKEP_ASSERT(!full() && !fetches_.contains(fetch.id));
  const FetchId id = fetch.id;
  by_file_[{fetch.torrent, fetch.file}].push_back(id);
  Fetch& added = fetches_.emplace(id, std::move(fetch)).first->second;
  const auto at = std::upper_bound(order_.begin(), order_.end(), id,
                                   [this](FetchId a, FetchId b) { return before(a, b); });
  order_.insert(at, id);
  return added;
}

void FetchTable::remove(FetchId id) {
  const auto at = fetches_.find(id);
  SKEP_ASSERT(at != fetches_.end());
  const auto file = by_file_.find({at->second.torrent, at->second.file});
  SKEP_ASSERT(file != by_file_.end());
  std::erase(file->second, id);
  if (file->second.empty()) by_file_.erase(file);
  std::erase(order_, id);
  fetches_.erase(at);
  SKEP_ASSERT(order_.size() == fetches_.size());
}

const FetchTable::Order& FetchTable::of_file(TorrentId torrent, FileIndex file) const {
  static const Order kNone;
  const auto at = by_file_.find({torrent, file});
  return at == by_file_.end() ? kNone : at->second;
}

bool FetchTable::any_foreground() const {
  return !order_.empty() && fetches_.at(order_.front()).urgency != Urgency::prefetch;
}

}  // namespace skep::engine
