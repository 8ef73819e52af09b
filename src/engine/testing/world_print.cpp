// What engines decide, in words.
#include "engine/testing/world.hpp"

#include <cstdio>

namespace skep::engine::testing {

/// For a person who looks for a reason: SKEP_RIG=1 in the environment of a test.
void World::describe(const Node& n, const Output& output) const {
  const auto ms = static_cast<long long>(now().us / 1000);
  const char* name = n.options.name.c_str();
  if (const auto* get = std::get_if<HttpGet>(&output)) {
    std::printf("%6lld %s http %u file %u [%llu, %llu)%s\n", ms, name, get->http.value,
                get->file.value, static_cast<unsigned long long>(get->begin),
                static_cast<unsigned long long>(get->end), get->whole ? " whole" : "");
  } else if (const auto* cancel = std::get_if<HttpCancel>(&output)) {
    std::printf("%6lld %s http %u cancelled\n", ms, name, cancel->http.value);
  } else if (const auto* done = std::get_if<FetchDone>(&output)) {
    std::printf("%6lld %s fetch %u done: peers %llu http %llu\n", ms, name, done->fetch.value,
                static_cast<unsigned long long>(done->from_peers),
                static_cast<unsigned long long>(done->from_http));
  } else if (const auto* failed = std::get_if<FetchFailed>(&output)) {
    std::printf("%6lld %s fetch %u failed: %u\n", ms, name, failed->fetch.value,
                static_cast<unsigned>(failed->reason));
  } else if (const auto* dial = std::get_if<Dial>(&output)) {
    std::printf("%6lld %s dial %u\n", ms, name, dial->dial.value);
  } else if (const auto* announce = std::get_if<Announce>(&output)) {
    std::printf("%6lld %s announce %u want %u\n", ms, name, static_cast<unsigned>(announce->event),
                announce->want);
  } else if (const auto* close = std::get_if<LinkClose>(&output)) {
    std::printf("%6lld %s close link %u reason %u\n", ms, name, close->link.value,
                static_cast<unsigned>(close->reason));
  } else if (const auto* write = std::get_if<StoreWrite>(&output)) {
    std::printf("%6lld %s write file %u at %llu\n", ms, name, write->file.value,
                static_cast<unsigned long long>(write->offset));
  }
}

}  // namespace skep::engine::testing
