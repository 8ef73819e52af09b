#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/number_range.hpp"
#include "origin/doctor.hpp"

namespace skep::app {
namespace {

struct Options {
  std::string url;
  origin::DoctorOptions doctor;
  double timeout_s = 10;
  bool json = false;
  bool verbose = false;
};

void print_json(const origin::DoctorReport& report) {
  nlohmann::json findings = nlohmann::json::array();
  for (const origin::Finding& found : report.findings)
    findings.push_back({{"id", found.id},
                        {"level", origin::name_of(found.level)},
                        {"text", found.text},
                        {"advice", found.advice},
                        {"detail", found.detail}});
  const nlohmann::json out = {{"healthy", report.healthy()}, {"findings", findings}};
  std::puts(out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

/// What servers say ends up on a terminal: no control characters.
std::string printable(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
  return text;
}

void print_text(const origin::DoctorReport& report, bool verbose) {
  std::puts(report.healthy() ? "Peers can be used." : "Peers are not used:");
  for (const origin::Finding& found : report.findings) {
    if (found.level == origin::Level::good && !verbose) continue;
    std::printf("\n%s  %s  [%s]\n", std::string(origin::name_of(found.level)).c_str(),
                printable(found.text).c_str(), found.id.c_str());
    if (!found.detail.empty()) std::printf("    %s\n", printable(found.detail).c_str());
    if (!found.advice.empty()) std::printf("    -> %s\n", found.advice.c_str());
  }
}

void doctor(Options& options) {
  auto url = net::parse_http_url(
      options.url.find("://") == std::string::npos ? "https://" + options.url : options.url);
  if (!url || !url->scheme.starts_with("http"))
    throw UsageError("doctor: \"" + options.url + "\" is not an http or https URL");
  options.doctor.url = *url;
  options.doctor.now_s = std::time(nullptr);
  options.doctor.timeout = base::Duration{static_cast<std::int64_t>(options.timeout_s * 1e6)};
  const origin::DoctorReport report = origin::examine(options.doctor);
  if (options.json)
    print_json(report);
  else
    print_text(report, options.verbose);
  if (!report.healthy()) throw SilentFailure();
}

}  // namespace

void add_doctor_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("doctor", "say why a site's visitors use no peers");
  command->add_option("url", options->url, "a page of the site")->required();
  command
      ->add_option("--path", options->doctor.paths,
                   "a file that should be shared (repeatable): is it?")
      ->allow_extra_args(false);
  command
      ->add_option("--ca", options->doctor.ca_file,
                   "PEM file of authorities to trust besides the system's")
      ->check(CLI::ExistingFile);
  command->add_option("--timeout", options->timeout_s, "seconds for each question")
      ->check(number(0.1, 120))
      ->capture_default_str();
  command->add_flag("-v,--verbose", options->verbose, "also what is good");
  command->add_flag("--json", options->json, "as JSON (docs/diagnostics.md)");
  command->footer("exit codes: 0 peers can be used, 1 there are problems, 2 wrong command line");
  command->callback([options] { doctor(*options); });
}

}  // namespace skep::app
