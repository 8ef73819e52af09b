#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/number_range.hpp"
#include "codec/hex.hpp"
#include "origin/key_file.hpp"
#include "origin/show.hpp"
#include "origin/verify.hpp"

namespace skep::app {
namespace {

struct Options {
  std::string publication;
  std::string key;
  unsigned jobs = 0;
  bool json = false;
};

void print_json(const origin::VerifyReport& report) {
  const nlohmann::json out = {{"ok", report.problems.empty()},
                              {"problems", report.problems},
                              {"notes", report.notes},
                              {"files", report.files},
                              {"bytes", report.bytes},
                              {"variants", report.variants},
                              {"key", codec::encode_hex(report.key.view())}};
  std::puts(out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_text(const origin::VerifyReport& report) {
  for (const std::string& problem : report.problems) std::printf("%s\n", problem.c_str());
  for (const std::string& note : report.notes) std::printf("note: %s\n", note.c_str());
  if (!report.problems.empty()) {
    std::printf("%zu problem(s)\n", report.problems.size());
    return;
  }
  std::printf("ok: %llu shared files (%s) and %llu variants, signed by %s\n",
              static_cast<unsigned long long>(report.files),
              origin::print_bytes(report.bytes).c_str(),
              static_cast<unsigned long long>(report.variants),
              codec::encode_hex(report.key.view()).c_str());
}

void verify(const Options& options) {
  origin::VerifyOptions what;
  what.publication = options.publication;
  what.now_s = std::time(nullptr);
  what.threads = options.jobs;
  if (!options.key.empty()) what.key = origin::parse_public_key(options.key);
  const origin::VerifyReport report = origin::verify_publication(what);
  if (options.json)
    print_json(report);
  else
    print_text(report);
  if (!report.problems.empty()) throw SilentFailure();
}

}  // namespace

void add_verify_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("verify", "check every byte of a publication");
  command->add_option("dir", options->publication, "a publication")
      ->required()
      ->check(CLI::ExistingDirectory);
  command->add_option("--key", options->key, "the public key that must have signed it (hex)");
  command->add_option("-j,--jobs", options->jobs, "threads; 0: all")
      ->check(whole_number(0, kThreadsMax));
  command->add_flag("--json", options->json, "as JSON");
  command->callback([options] { verify(*options); });
}

}  // namespace skep::app
