#include "engine/candidate_table.hpp"

#include <algorithm>

namespace skep::engine {

void CandidateTable::add(TorrentId torrent, const crypto::PeerId& id) {
  List& list = lists_[torrent];
  if (list.size() >= kCandidatesMax || banned(id)) return;
  const auto known = [&](const Candidate& c) { return c.id == id; };
  if (std::any_of(list.begin(), list.end(), known)) return;
  list.push_back({id, 0, {}, {}, {}});
}

void CandidateTable::remove(TorrentId torrent, const crypto::PeerId& id) {
  std::erase_if(lists_[torrent], [&](const Candidate& c) { return c.id == id; });
}

Candidate* CandidateTable::find(DialId dial) {
  if (dial == DialId{}) return nullptr;
  for (auto& [torrent, list] : lists_)
    for (Candidate& c : list)
      if (c.dial == dial) return &c;
  return nullptr;
}

std::size_t CandidateTable::dialling(TorrentId torrent) const {
  const auto at = lists_.find(torrent);
  if (at == lists_.end()) return 0;
  const auto busy = [](const Candidate& c) { return c.dial != DialId{}; };
  return static_cast<std::size_t>(std::count_if(at->second.begin(), at->second.end(), busy));
}
std::size_t CandidateTable::dialling() const {
  std::size_t n = 0;
  for (const auto& [torrent, list] : lists_) n += dialling(torrent);
  return n;
}

void CandidateTable::failed(base::Instant now, DialId dial) {
  Candidate* c = find(dial);
  if (c == nullptr) return;
  c->dial = {};
  ++c->failures;
  c->not_before = now + kDialBackOff * (std::int64_t{1} << std::min(c->failures - 1, 5U));
  if (c->failures < kDialFailuresMax) return;
  const crypto::PeerId id = c->id;
  for (auto& [torrent, list] : lists_)
    std::erase_if(list, [&](const Candidate& other) {
      return other.id == id && other.failures >= kDialFailuresMax;
    });
}

void CandidateTable::ban(const crypto::PeerId& id) {
  for (auto& [torrent, list] : lists_)
    std::erase_if(list, [&](const Candidate& c) { return c.id == id; });
  if (banned(id)) return;
  if (bans_.size() >= kBansMax) bans_.erase(bans_.begin());
  bans_.push_back(id);
}

std::size_t CandidateTable::size() const {
  std::size_t n = 0;
  for (const auto& [torrent, list] : lists_) n += list.size();
  return n;
}

}  // namespace skep::engine
