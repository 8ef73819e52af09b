#include <CLI/CLI.hpp>
#include <cstdio>
#include <deque>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>

#include "abi/replay.hpp"
#include "app/commands.hpp"
#include "origin/publish_file.hpp"
#include "origin/show.hpp"

namespace skep::app {
namespace {

/// A trace is read as a whole. An hour of a busy page is about 200 MB.
constexpr std::uint64_t kTraceFileMax = std::uint64_t{2} << 30;
/// Records shown before a difference.
constexpr std::size_t kContext = 8;

struct Options {
  std::string trace;
  bool json = false;
  bool verbose = false;
};

struct Kind {
  std::uint64_t count = 0;
  std::uint64_t bytes = 0;
};

/// What stands in a trace, before anything is repeated.
struct Summary {
  std::map<std::string, Kind> inputs;
  std::map<std::string, Kind> outputs;
  std::uint64_t records = 0;
  base::Instant first;
  base::Instant last;
  std::string damage;  ///< why the file ends early; empty: it does not
};

std::string text_of(const abi::Record& record) {
  switch (record.kind) {
    case abi::RecordKind::input: {
      const auto input = abi::decode_input(record.frame);
      return input ? abi::describe(*input) : std::string("malformed: ") + input.error().what;
    }
    case abi::RecordKind::output: {
      const auto output = abi::decode_output(record.frame);
      return output ? abi::describe(*output) : std::string("malformed: ") + output.error().what;
    }
    case abi::RecordKind::drained: {
      const auto wakeup = abi::decode_wakeup(record.frame);
      if (!wakeup) return "malformed: " + std::string(wakeup.error().what);
      if (*wakeup == base::kNever) return "drained; sleeps until something happens";
      return "drained; wakes up at " + std::to_string(wakeup->us) + " us";
    }
  }
  return "";
}

std::string line_of(const abi::Record& record, std::uint64_t number) {
  static constexpr const char* kArrow[] = {"->", "<-", "  "};
  return std::to_string(number) + "  " + std::to_string(record.now.us) + " us  " +
         kArrow[static_cast<std::size_t>(record.kind)] + " " + text_of(record);
}

Summary summarize(base::ByteView file, const Options& options) {
  Summary out;
  auto reader = abi::TraceReader::open(file);
  if (!reader) throw std::runtime_error(options.trace + ": " + reader.error().what);
  for (;;) {
    const auto record = reader->next();
    if (!record) {
      out.damage =
          std::string(record.error().what) + " (byte " + std::to_string(record.error().at) + ")";
      return out;
    }
    if (!*record) return out;
    const abi::Record& r = **record;
    if (out.records++ == 0) out.first = r.now;
    out.last = r.now;
    if (options.verbose && !options.json) std::puts(line_of(r, out.records).c_str());
    if (r.kind == abi::RecordKind::drained) continue;
    const std::string text = text_of(r);
    Kind& kind =
        (r.kind == abi::RecordKind::input ? out.inputs
                                          : out.outputs)[text.substr(0, text.find_first_of(" :"))];
    ++kind.count;
    kind.bytes += r.frame.size();
  }
}

/// The records up to the one that differs, the last few only.
std::deque<std::string> context_of(base::ByteView file, std::uint64_t records) {
  std::deque<std::string> out;
  auto reader = abi::TraceReader::open(file);
  for (std::uint64_t i = 1; reader && i <= records; ++i) {
    const auto record = reader->next();
    if (!record || !*record) break;
    out.push_back(line_of(**record, i));
    if (out.size() > kContext) out.pop_front();
  }
  return out;
}

nlohmann::json kinds_json(const std::map<std::string, Kind>& kinds) {
  nlohmann::json out = nlohmann::json::object();
  for (const auto& [name, kind] : kinds) out[name] = {{"count", kind.count}, {"bytes", kind.bytes}};
  return out;
}

nlohmann::json stats_json(const engine::Stats& stats) {
  return {{"from_peers", stats.from_peers}, {"from_http", stats.from_http},
          {"from_store", stats.from_store}, {"uploaded", stats.uploaded},
          {"wasted", stats.wasted},         {"peers_banned", stats.peers_banned},
          {"peers", stats.peers.size()},    {"fetches_open", stats.fetches_open}};
}

void print_kinds(const char* title, const std::map<std::string, Kind>& kinds) {
  std::printf("%s\n", title);
  for (const auto& [name, kind] : kinds)
    std::printf("  %-16s %8llu  %s\n", name.c_str(), static_cast<unsigned long long>(kind.count),
                origin::print_bytes(kind.bytes).c_str());
}

void print_text(const Summary& summary, const abi::ReplayReport& report,
                const std::deque<std::string>& context) {
  std::printf("%llu records in %.3f s\n", static_cast<unsigned long long>(summary.records),
              static_cast<double>(summary.last.us - summary.first.us) / 1e6);
  print_kinds("inputs", summary.inputs);
  print_kinds("outputs", summary.outputs);
  const engine::Stats& stats = report.stats;
  std::printf(
      "engine     from peers %s, HTTP %s, store %s; uploaded %s, wasted %s, %u banned\n",
      origin::print_bytes(stats.from_peers).c_str(), origin::print_bytes(stats.from_http).c_str(),
      origin::print_bytes(stats.from_store).c_str(), origin::print_bytes(stats.uploaded).c_str(),
      origin::print_bytes(stats.wasted).c_str(), stats.peers_banned);
  if (!summary.damage.empty())
    std::printf("damaged    after record %llu: %s\n",
                static_cast<unsigned long long>(summary.records), summary.damage.c_str());
  if (report.difference.empty()) {
    std::printf("same       all %llu outputs, byte for byte\n",
                static_cast<unsigned long long>(report.outputs));
    return;
  }
  std::printf("DIFFERENT  at record %llu; the last records were\n",
              static_cast<unsigned long long>(report.records));
  for (const std::string& line : context) std::printf("  %s\n", line.c_str());
  std::printf("%s\n", report.difference.c_str());
}

void replay(const Options& options) {
  const base::Bytes bytes = origin::read_file(options.trace, kTraceFileMax);
  base::ByteView file(bytes);
  const Summary summary = summarize(file, options);
  if (!options.json) std::fflush(stdout);  // an assert ends the program: what was found is shown
  abi::ReplayReport report;
  std::string damage = summary.damage;
  if (const auto done = abi::replay(file); done)
    report = *done;
  else if (damage.empty())
    damage = done.error().what;
  else
    report = abi::replay_prefix(file, summary.records).value_or({});
  const bool same = report.difference.empty();
  const auto context = same ? std::deque<std::string>() : context_of(file, report.records);
  if (options.json) {
    const nlohmann::json out = {
        {"same", same},
        {"damage", damage},
        {"difference", report.difference},
        {"difference_at_record", same ? 0 : report.records},
        {"records", summary.records},
        {"seconds", static_cast<double>(summary.last.us - summary.first.us) / 1e6},
        {"inputs", kinds_json(summary.inputs)},
        {"outputs", kinds_json(summary.outputs)},
        {"stats", stats_json(report.stats)}};
    std::puts(out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  } else {
    Summary shown = summary;
    shown.damage = damage;
    print_text(shown, report, context);
  }
  if (!same || !damage.empty()) throw SilentFailure();
}

}  // namespace

void add_replay_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("replay", "run a recorded trace of the engine again");
  command->add_option("trace", options->trace, "a trace, as skep.trace() of a page gives it")
      ->required()
      ->check(CLI::ExistingFile);
  command->add_flag("-v,--verbose", options->verbose, "print every record");
  command->add_flag("--json", options->json, "as JSON");
  command->footer("exit codes: 0 the engine did the same, 1 it did not (or the file is damaged)");
  command->callback([options] { replay(*options); });
}

}  // namespace skep::app
