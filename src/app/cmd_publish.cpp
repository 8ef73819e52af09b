#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>

#include "app/commands.hpp"
#include "app/number_range.hpp"
#include "codec/hex.hpp"
#include "net/http_url.hpp"
#include "origin/explain.hpp"
#include "origin/key_file.hpp"
#include "origin/publish.hpp"
#include "origin/show.hpp"

namespace skep::app {
namespace {

using origin::print_bytes;

struct Options {
  origin::PublishOptions publish;
  std::string key_file;
  std::uint32_t piece_kib = base::kPieceLengthDefault / 1024;
  bool json = false;
  bool quiet = false;
  bool no_compress = false;
  std::vector<std::string> explain;
};

/// One line on a terminal's stderr, rewritten ten times a second.
origin::ProgressSink terminal_progress() {
  if (::isatty(STDERR_FILENO) == 0) return {};
  using Clock = std::chrono::steady_clock;
  auto last = std::make_shared<Clock::time_point>();
  return [last](std::string_view stage, std::uint64_t done, std::uint64_t total) {
    const auto now = Clock::now();
    if (done < total && now - *last < std::chrono::milliseconds(100)) return;
    *last = now;
    const std::uint64_t percent = total == 0 ? 100 : done * 100 / total;
    std::fprintf(stderr, "\r\033[K%.*s %llu%% of %s%s", static_cast<int>(stage.size()),
                 stage.data(), static_cast<unsigned long long>(percent), print_bytes(total).c_str(),
                 done == total ? "\r\033[K" : "");
  };
}

nlohmann::json count(const origin::FileCount& files) {
  return {{"files", files.files}, {"bytes", files.bytes}};
}

/// Null when the torrent is no hybrid.
nlohmann::json v1_hash(const origin::PublishReport& report) {
  if (report.v1_hash.is_zero()) return nullptr;
  return codec::encode_hex(report.v1_hash.view());
}

void print_json(const origin::PublishReport& report) {
  nlohmann::json withheld = nlohmann::json::array();
  for (const auto& item : report.withheld)
    withheld.push_back({{"path", item.path}, {"reason", item.reason}});
  const nlohmann::json out = {
      {"out", report.out.string()},
      {"name", report.name},
      {"info_hash", codec::encode_hex(report.info_hash.view())},
      {"v1_info_hash", v1_hash(report)},
      {"key", codec::encode_hex(report.key.view())},
      {"seq", report.seq},
      {"expires", report.expires_s},
      {"shared", count(report.shared)},
      {"swarm_forms", count(report.swarm_forms)},
      {"private", count(report.kept_private)},
      {"left_to_http", count(report.left_to_http)},
      {"variants", count(report.variants)},
      {"metadata", {{"bytes", report.metadata_bytes}, {"budget", report.metadata_budget}}},
      {"injected_pages", report.injected_pages},
      {"offline_pages", report.offline_pages},
      {"withheld", withheld},
      {"notes", report.notes},
      {"seconds",
       {{"scan", report.scan_s},
        {"copy", report.copy_s},
        {"hash", report.hash_s},
        {"compress", report.compress_s},
        {"torrent", report.torrent_s},
        {"flush", report.flush_s},
        {"total", report.total_s}}}};
  std::puts(out.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
}

void print_withheld(const origin::PublishReport& report) {
  constexpr std::size_t kListed = 10;
  if (report.withheld.empty()) return;
  std::printf("withheld   %zu, not part of the publication:\n", report.withheld.size());
  for (std::size_t i = 0; i < std::min(kListed, report.withheld.size()); ++i)
    std::printf("             %s: %s\n", report.withheld[i].path.c_str(),
                report.withheld[i].reason.c_str());
  if (report.withheld.size() > kListed)
    std::printf("             … and %zu more (--json lists all)\n",
                report.withheld.size() - kListed);
}

void print_text(const origin::PublishReport& report) {
  const auto files = [](const char* label, const origin::FileCount& n, const char* what) {
    std::printf("%-10s %llu files, %s%s\n", label, static_cast<unsigned long long>(n.files),
                print_bytes(n.bytes).c_str(), what);
  };
  for (const std::string& note : report.notes) std::printf("note: %s\n", note.c_str());
  std::printf("published  %s\n", report.out.c_str());
  files("shared", report.shared, "");
  if (report.swarm_forms.files > 0)
    files("  of which", report.swarm_forms, " as peers exchange them: compressed");
  files("private", report.kept_private, " (plain HTTP only)");
  if (report.left_to_http.files > 0)
    files("  of which", report.left_to_http,
          " shareable, but too small: their metadata would exceed 1 %");
  files("variants", report.variants, " (br, gz)");
  print_withheld(report);
  if (report.injected_pages > 0)
    std::printf("script tag in %llu pages\n",
                static_cast<unsigned long long>(report.injected_pages));
  if (report.offline_pages > 0)
    std::printf("offline    %llu pages\n", static_cast<unsigned long long>(report.offline_pages));
  const double share = report.shared.bytes == 0
                           ? 0
                           : 100.0 * static_cast<double>(report.metadata_bytes) /
                                 static_cast<double>(report.shared.bytes);
  std::printf("metadata   %s, %.2f %% of the shared bytes (at most %s)\n",
              print_bytes(report.metadata_bytes).c_str(), share,
              print_bytes(report.metadata_budget).c_str());
  std::printf("info-hash  %s\n", codec::encode_hex(report.info_hash.view()).c_str());
  if (!report.v1_hash.is_zero())
    std::printf("v1         %s\n", codec::encode_hex(report.v1_hash.view()).c_str());
  std::printf("key        %s\n", codec::encode_hex(report.key.view()).c_str());
  std::printf("expires    %s\n", origin::print_time(report.expires_s).c_str());
  std::printf("time       %.2f s (copy %.2f, hash %.2f, compress %.2f, flush %.2f)\n",
              report.total_s, report.copy_s, report.hash_s, report.compress_s, report.flush_s);
}

std::string why(const origin::Explanation& e) {
  if (e.because == "share rule" || e.because == "private rule")
    return e.because + " \"" + e.rule + "\" (" + e.source + ")";
  if (e.because == "no rule") return "no rule matches; nothing is shared that no rule names";
  if (e.because == "link") return "it is a link: " + (e.rule.empty() ? "its target" : e.rule);
  return e.because + ": " + e.rule;
}

void print_explanation(const origin::Explanation& e) {
  if (e.because == "directory") {
    std::printf("%s: a directory; of its files %llu are shared, %llu private, %llu withheld\n",
                e.path.c_str(), static_cast<unsigned long long>(e.shared),
                static_cast<unsigned long long>(e.kept_private),
                static_cast<unsigned long long>(e.withheld));
    return;
  }
  std::printf("%s: %s: %s%s\n", e.path.c_str(), std::string(site::name_of(e.label)).c_str(),
              why(e).c_str(), e.exists ? "" : " (there is no such file now)");
}

nlohmann::json explanation_json(const origin::Explanation& e) {
  nlohmann::json out = {{"path", e.path}, {"exists", e.exists}, {"because", e.because}};
  if (e.because == "directory") {
    out["files"] = {{"shared", e.shared}, {"private", e.kept_private}, {"withheld", e.withheld}};
    return out;
  }
  out["label"] = site::name_of(e.label);
  out["rule"] = e.rule;
  if (!e.source.empty()) out["source"] = e.source;
  return out;
}

/// Exit code 1 when the site has not all of the paths.
void explain(const Options& options) {
  const auto found =
      origin::explain(options.publish.source, options.publish.share, options.explain);
  nlohmann::json all = nlohmann::json::array();
  bool missing = false;
  for (const origin::Explanation& one : found) {
    missing |= !one.exists;
    if (options.json)
      all.push_back(explanation_json(one));
    else
      print_explanation(one);
  }
  if (options.json)
    std::puts(all.dump(2, ' ', false, nlohmann::json::error_handler_t::replace).c_str());
  if (missing) throw SilentFailure();
}

void publish(Options& options) {
  if (!options.explain.empty()) return explain(options);
  if (options.publish.out.empty() || options.key_file.empty())
    throw UsageError("publish: -o OUT and --key FILE are needed (skep publish --help)");
  const origin::LoadedKey key = origin::read_key_file(options.key_file);
  if (!key.warning.empty()) std::fprintf(stderr, "skep: warning: %s\n", key.warning.c_str());
  options.publish.key = key.key;
  if (options.piece_kib > base::kPieceLengthMax / 1024)
    throw UsageError("--piece-length is in KiB, at most 16384");
  options.publish.piece_length = options.piece_kib * 1024;
  options.publish.compress = !options.no_compress;
  if (!options.quiet && !options.json) options.publish.progress = terminal_progress();
  const origin::PublishReport report = origin::publish(options.publish);
  if (options.json)
    print_json(report);
  else if (!options.quiet)
    print_text(report);
}

/// A URL of one of these schemes: what stands in a torrent is not looked at again before visitors
/// try it.
CLI::Validator url_of(std::vector<std::string> schemes) {
  std::string wanted;
  for (const std::string& scheme : schemes) wanted += (wanted.empty() ? "" : ", ") + scheme;
  const auto check = [=](const std::string& text) -> std::string {
    const std::string scheme = text.substr(0, text.find("://"));
    const bool known = std::ranges::find(schemes, scheme) != schemes.end();
    const bool plain = std::ranges::all_of(text, [](char c) { return c > 0x20 && c < 0x7f; });
    // A UDP tracker's has the form of the others (BEP 15), and is none that our own client reads.
    const std::string form = scheme == "udp" ? "http" + text.substr(3) : text;
    if (known && plain && net::parse_http_url(form)) return {};
    return "\"" + text + "\" must be a URL (" + wanted + ")";
  };
  return CLI::Validator(check, "URL");
}

}  // namespace

void add_publish_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  origin::PublishOptions& what = options->publish;
  CLI::App* command = app.add_subcommand("publish", "make a publication of a site");
  command->add_option("dir", what.source, "the site")->required()->check(CLI::ExistingDirectory);
  command->add_option("-o,--output", what.out, "the publication; replaced as a whole");
  command->add_option("--key", options->key_file, "the site's key file (skep key new)");
  command->add_option("--share", what.share, "glob of files to share, besides skep.toml's")
      ->allow_extra_args(false);
  command->add_flag("--inject", what.inject, "put the script tag into the publication's pages");
  command->add_option("--name", what.name, "the torrent's name; else the directory's");
  command->add_option("--tracker", what.trackers, "tracker URL (repeatable)")
      ->check(url_of({"ws", "wss", "http", "https", "udp"}))
      ->allow_extra_args(false);
  command->add_flag("--hybrid", what.hybrid,
                    "stock BitTorrent clients can join, too (adds SHA-1 hashes and pad files)");
  command
      ->add_option("--web-seed", what.web_seeds,
                   "URL below which the torrent's name is served (BEP 19; repeatable)")
      ->check(url_of({"http", "https"}))
      ->allow_extra_args(false);
  command->add_option("--days", what.days, "how long the pointer lives")
      ->check(whole_number(1, origin::kPointerDaysMax))
      ->capture_default_str();
  command->add_option("--piece-length", options->piece_kib, "KiB, a power of two")
      ->capture_default_str();
  command->add_option("-j,--jobs", what.threads, "threads; 0: all")
      ->check(whole_number(0, kThreadsMax));
  command->add_flag("--no-compress", options->no_compress, "no .br and .gz variants");
  command->add_flag("--change-key", what.change_key, "replace a publication of another key");
  command
      ->add_option("--explain", options->explain,
                   "publish nothing; say which rule decides about these paths of the site")
      ->type_name("PATH...");
  command->add_flag("--json", options->json, "the summary as JSON");
  command->add_flag("-q,--quiet", options->quiet, "print nothing but errors");
  command->callback([options] { publish(*options); });
}

}  // namespace skep::app
