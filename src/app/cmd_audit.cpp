#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/number_range.hpp"
#include "origin/audit.hpp"
#include "origin/show.hpp"

namespace skep::app {
namespace {

using origin::print_bytes;

struct Options {
  std::string what;
  origin::AuditAssumptions assume;
  origin::AuditLimits limits;
  std::string ca_file;
  std::size_t listed = 30;
  bool json = false;
  bool quiet = false;
};

nlohmann::json json_of(const Options& options, const origin::AuditReport& report) {
  nlohmann::json findings = nlohmann::json::array();
  for (const origin::AuditFinding& f : report.findings)
    findings.push_back({{"id", origin::name_of(f.waste)},
                        {"path", f.path},
                        {"why", f.why},
                        {"saves_bytes_per_visit", f.saves_per_visit},
                        {"saves_bytes", f.saves},
                        {"saves_money", f.money}});
  return {{"target", options.what},
          {"assumptions",
           {{"price_per_gb", options.assume.price_per_gb},
            {"visits", options.assume.visits},
            {"returning", options.assume.returning},
            {"peer_share", options.assume.peer_share}}},
          {"files", report.files},
          {"first_visit_bytes", report.bytes},
          {"traffic_bytes", report.traffic},
          {"traffic_money", report.money},
          {"saves_bytes", report.saves},
          {"saves_money", report.saves_money},
          {"findings", findings},
          {"notes", report.notes}};
}

std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return text;
}

void print_text(const Options& options, const origin::AuditReport& report) {
  const origin::AuditAssumptions& a = options.assume;
  std::printf("%llu files, %s on a first visit\n", static_cast<unsigned long long>(report.files),
              print_bytes(report.bytes).c_str());
  std::printf(
      "assuming   %llu visits, each loading every file once; %.0f %% by browsers that were here\n"
      "           before; peers deliver %.0f %% of what is shared; %g per GB (10^9 bytes)\n",
      static_cast<unsigned long long>(a.visits), a.returning * 100, a.peer_share * 100,
      a.price_per_gb);
  std::printf("traffic    %s = %.2f\n", print_bytes(report.traffic).c_str(), report.money);
  std::printf("could save %s = %.2f\n\n", print_bytes(report.saves).c_str(), report.saves_money);
  std::size_t shown = 0;
  for (const origin::AuditFinding& f : report.findings) {
    if (shown++ == options.listed) break;
    std::printf("%10s  %8.2f  %-14s  %s\n%24s%s\n", print_bytes(f.saves).c_str(), f.money,
                std::string(origin::name_of(f.waste)).c_str(), printable(f.path).c_str(), "",
                printable(f.why).c_str());
  }
  if (report.findings.size() > options.listed)
    std::printf("… and %zu more (--all lists them)\n", report.findings.size() - options.listed);
  if (report.findings.empty()) std::puts("nothing to save: well done");
  for (const std::string& note : report.notes) std::printf("note: %s\n", printable(note).c_str());
}

origin::AuditProgress terminal_progress() {
  if (::isatty(STDERR_FILENO) == 0) return {};
  return [](const std::string& what, std::size_t files) {
    std::fprintf(stderr, "\r\033[K%zu files; %.80s", files, printable(what).c_str());
  };
}

origin::Observed observe(const Options& options) {
  if (options.what.find("://") == std::string::npos) {
    if (!std::filesystem::is_directory(options.what))
      throw UsageError("audit: \"" + options.what + "\" is neither a directory nor a URL");
    return origin::observe_directory(options.what);
  }
  const auto url = net::parse_http_url(options.what);
  if (!url || !url->scheme.starts_with("http"))
    throw UsageError("audit: \"" + options.what + "\" is not an http or https URL");
  origin::AuditUrl crawl;
  crawl.url = *url;
  crawl.limits = options.limits;
  crawl.ca_file = options.ca_file;
  if (!options.quiet && !options.json) crawl.progress = terminal_progress();
  origin::Observed out = origin::observe_url(crawl);
  if (crawl.progress) std::fputs("\r\033[K", stderr);
  return out;
}

void audit(const Options& options) {
  origin::Observed observed = observe(options);
  origin::AuditReport report = origin::assess(std::move(observed.files), options.assume);
  report.notes = std::move(observed.notes);
  if (options.json)
    std::puts(json_of(options, report)
                  .dump(2, ' ', false, nlohmann::json::error_handler_t::replace)
                  .c_str());
  else
    print_text(options, report);
}

}  // namespace

void add_audit_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "audit", "say what a site's static files cost, and what would save how much");
  command->add_option("target", options->what, "a directory, or the URL of a page")->required();
  command->add_option("--price", options->assume.price_per_gb, "of a GB of the origin's traffic")
      ->check(number(0, 1e6))
      ->capture_default_str();
  command->add_option("--visits", options->assume.visits, "how many to reckon with")
      ->check(whole_number(0, 1'000'000'000'000))
      ->capture_default_str();
  command
      ->add_option("--returning", options->assume.returning,
                   "share of visits by browsers that were here before")
      ->check(number(0, 1))
      ->capture_default_str();
  command
      ->add_option("--peer-share", options->assume.peer_share,
                   "share of a shared file's bytes that peers deliver")
      ->check(number(0, 1))
      ->capture_default_str();
  command->add_option("--pages", options->limits.pages_max, "pages to look at")
      ->check(whole_number(1, 100'000))
      ->capture_default_str();
  command->add_option("--files", options->limits.files_max, "files to look at")
      ->check(whole_number(1, 1'000'000))
      ->capture_default_str();
  command->add_option("--depth", options->limits.depth_max, "links to follow from the first page")
      ->check(whole_number(0, 1'000))
      ->capture_default_str();
  command
      ->add_option("--ca", options->ca_file,
                   "PEM file of authorities to trust besides the system's")
      ->check(CLI::ExistingFile);
  command->add_flag_callback(
      "--all", [options] { options->listed = SIZE_MAX; }, "list every finding");
  command->add_flag("--json", options->json, "as JSON");
  command->add_flag("-q,--quiet", options->quiet, "no progress");
  command->callback([options] { audit(*options); });
}

}  // namespace skep::app
