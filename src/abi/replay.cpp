#include "abi/replay.hpp"

#include "engine/engine.hpp"

namespace skep::abi {

namespace {

std::string text_of(base::ByteView output_frame) {
  auto output = decode_output(output_frame);
  return output ? describe(*output) : std::string("a malformed output");
}

std::string text_of(base::Instant wakeup) {
  return wakeup == base::kNever ? std::string("never") : std::to_string(wakeup.us) + "us";
}

/// The index of the first octet that differs, for two frames that do.
std::size_t first_difference(base::ByteView a, base::ByteView b) {
  std::size_t at = 0;
  while (at < a.size() && at < b.size() && a[at] == b[at]) ++at;
  return at;
}

/// One replay: the engine, and where in the trace it stands.
class Replay {
 public:
  explicit Replay(const engine::Config& config) : engine_(config) {}

  base::Status step(const Record& record) {
    ++report_.records;
    last_ = record.now;
    switch (record.kind) {
      case RecordKind::input:
        return handle(record);
      case RecordKind::output:
        expect_output(record);
        return base::ok();
      case RecordKind::drained:
        return expect_drained(record);
    }
    SKEP_UNREACHABLE();
  }
  bool differs() const { return !report_.difference.empty(); }
  /// The report. Asks the engine for its numbers, which no recording can have.
  ReplayReport take() {
    while (engine_.poll()) continue;
    engine_.handle(last_, engine::StatsRequested());
    while (const auto output = engine_.poll())
      if (const auto* stats = std::get_if<engine::Stats>(&*output)) report_.stats = *stats;
    return std::move(report_);
  }

 private:
  base::Status handle(const Record& record) {
    SKEP_TRY(const engine::Input input, decode_input(record.frame));
    if (const auto output = engine_.poll()) {  // engine.hpp: handle() REQUIRES drained
      differ(record, "the next input", describe(*output));
      return base::ok();
    }
    engine_.handle(record.now, input);
    ++report_.inputs;
    last_input_ = record;
    return base::ok();
  }

  void expect_output(const Record& record) {
    const std::optional<engine::Output> output = engine_.poll();
    if (!output) return differ(record, text_of(record.frame), "nothing");
    encoded_ = base::Writer(encoded_.take());
    encode_output(*output, encoded_);
    ++report_.outputs;
    if (base::equal(encoded_.view(), record.frame)) return;
    const std::string where =
        " (octet " + std::to_string(first_difference(encoded_.view(), record.frame)) + ")";
    differ(record, text_of(record.frame), describe(*output) + where);
  }

  base::Status expect_drained(const Record& record) {
    SKEP_TRY(const base::Instant wakeup, decode_wakeup(record.frame));
    if (const auto output = engine_.poll()) {
      differ(record, "nothing more", describe(*output));
      return base::ok();
    }
    const engine::Wakeup mine = engine_.next_wakeup();
    if (mine.at == wakeup) return base::ok();
    differ(record, "a wake-up at " + text_of(wakeup),
           text_of(mine.at) + " (reason " + std::to_string(static_cast<int>(mine.why)) + ")");
    return base::ok();
  }

  void differ(const Record& record, const std::string& recorded, const std::string& now) {
    auto input = decode_input(last_input_.frame);
    report_.difference = "at " + std::to_string(record.now.us) + "us, after input " +
                         std::to_string(report_.inputs) + " (" +
                         (input ? describe(*input) : std::string("none")) + "), output " +
                         std::to_string(report_.outputs) + ":\n  recorded: " + recorded +
                         "\n  now:      " + now;
  }

  engine::Engine engine_;
  base::Writer encoded_;
  Record last_input_;
  base::Instant last_;
  ReplayReport report_;
};

}  // namespace

base::Result<ReplayReport> replay(base::ByteView trace) { return replay_prefix(trace, UINT64_MAX); }

base::Result<ReplayReport> replay_prefix(base::ByteView trace, std::uint64_t records) {
  SKEP_TRY(TraceReader reader, TraceReader::open(trace));
  Replay replay(reader.config());
  for (std::uint64_t i = 0; i < records && !replay.differs(); ++i) {
    SKEP_TRY(const std::optional<Record> record, reader.next());
    if (!record) break;
    SKEP_CHECK(replay.step(*record));
  }
  return replay.take();
}

}  // namespace skep::abi
