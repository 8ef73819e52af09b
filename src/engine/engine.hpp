/// engine.hpp: the swarm machine. Decides what to fetch, from whom, and whom to serve; does no I/O.
/// CONTRACT  handle(now, input), then poll() until nothing comes, before the next handle(). `now`
///           never decreases. Then sleep until next_wakeup() (and send a Tick) or the next input.
///           Same Config and same inputs at the same times: the same outputs, on every host.
/// WHY       no callback, clock, socket or thread: the browser's worker, the native node and the
///           simulator run exactly this.
/// SPEC      docs/formats/engine.md, docs/formats/frames.md
/// LIMITS    every table is bounded, see its header; the output queue by kOutputsMax.
#pragma once

#include <memory>
#include <optional>

#include "engine/config.hpp"
#include "engine/io.hpp"

namespace skep::engine {

struct Core;

/// Live entries of every table, for tests and for a host's own asserts: nothing may leak.
struct Census {
  std::size_t torrents = 0;
  std::size_t fetches = 0;
  std::size_t peers = 0;
  std::size_t blocks_in_flight = 0;
  std::size_t assemblies = 0;
  std::size_t suspects = 0;
  std::size_t https = 0;
  std::size_t loads = 0;
  std::size_t uploads_queued = 0;
  std::size_t dialling = 0;
  std::size_t candidates = 0;
  std::size_t bans = 0;
  std::size_t cache_bytes = 0;
};

class Engine {
 public:
  explicit Engine(const Config& config);
  ~Engine();
  Engine(Engine&&) noexcept;
  Engine& operator=(Engine&&) noexcept;

  /// The world happened. Views inside `input` are borrowed for this call only.
  /// REQUIRES now not before the last call's; poll() drained.
  void handle(base::Instant now, const Input& input);
  /// The next thing to do, in order; nothing when drained.
  std::optional<Output> poll();
  /// When to call handle(Tick) at the latest, and why; kNever: only an input matters.
  Wakeup next_wakeup() const;

  Census census() const;

 private:
  std::unique_ptr<Core> core_;
};

}  // namespace skep::engine
