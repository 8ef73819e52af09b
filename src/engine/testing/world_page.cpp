// The page and the store of a node: what it asks for, what it was given.
#include "engine/testing/world.hpp"

#include <algorithm>

namespace skep::engine::testing {

void World::act_write(Node& n, const StoreWrite& write) {
  const ByteView truth = site_.bytes(write.file, write.offset, write.bytes.size());
  if (!base::equal(truth, write.bytes)) complain(n, "wrong bytes were stored");
  if (write.offset % site_.piece_length != 0) complain(n, "a write that is no piece");
  n.stored[write.file.value].insert(write.offset);
  n.last_write = now();
}

void World::act_progress(Node& n, const FetchProgress& progress) {
  FetchState& f = n.fetches.at(progress.fetch);
  if (progress.ready_until <= f.ready || progress.ready_until > f.end)
    complain(n, "progress that goes nowhere");
  const auto& stored = n.stored[f.file.value];
  for (std::uint64_t at = f.ready / site_.piece_length * site_.piece_length;
       at < progress.ready_until; at += site_.piece_length)
    if (!stored.contains(at)) complain(n, "progress over bytes that are not stored");
  f.ready = progress.ready_until;
  f.last_ready = now();
}

FetchId World::fetch(int index, FileIndex file, Urgency urgency) {
  return fetch(index, file, 0, site_.files[file.value].size(), urgency);
}

FetchId World::fetch(int index, FileIndex file, std::uint64_t begin, std::uint64_t end,
                     Urgency urgency, base::Duration deadline) {
  Node& n = node(index);
  const FetchId id{++n.next_fetch};
  FetchState& f = n.fetches[id];
  f.file = file;
  f.begin = begin;
  f.end = end;
  f.ready = begin;
  f.asked = now();
  f.last_ready = now();
  f.urgency = urgency;
  if (deadline.us > 0) f.deadline = now() + deadline;
  input(index, FetchRequested{id, kTorrent, file, begin, end, urgency, deadline});
  return id;
}

void World::fetch_all(int index, Urgency urgency) {
  for (std::uint32_t f = 0; f < site_.files.size(); ++f) fetch(index, FileIndex{f}, urgency);
}

void World::browse(int index, int parallel) {
  browsing_[index] = {parallel, 0};
  next_page_fetch(index);
}

void World::next_page_fetch(int index) {
  const auto at = browsing_.find(index);
  if (at == browsing_.end() || !node(index).alive) return;
  const auto& fetches = node(index).fetches;
  auto open = std::count_if(fetches.begin(), fetches.end(),
                            [](const auto& entry) { return !entry.second.over(); });
  while (open < at->second.parallel && at->second.next < site_.files.size()) {
    fetch(index, FileIndex{at->second.next++});
    ++open;
  }
}

void World::cancel(int index, FetchId id) {
  node(index).fetches.erase(id);
  input(index, FetchCancelled{id});
}

}  // namespace skep::engine::testing
