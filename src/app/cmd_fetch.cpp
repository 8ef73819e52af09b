#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <memory>

#include "app/commands.hpp"
#include "app/number_range.hpp"
#include "host/magnet_fetch.hpp"

namespace skep::app {
namespace {

struct Options {
  std::string link;
  std::vector<std::string> peers;
  std::string to = ".";
  std::string torrent;
  double patience_s = 60;
  bool quiet = false;
};

volatile std::sig_atomic_t interrupted = 0;

void print_progress(const host::MagnetProgress& p) {
  if (p.total == 0) {
    std::fprintf(stderr, "%zu peers, nothing known yet\n", p.links);
    return;
  }
  std::fprintf(stderr, "%zu peers, %s %llu of %llu bytes (%llu %%)\n", p.links,
               p.described ? "files" : "description", static_cast<unsigned long long>(p.done),
               static_cast<unsigned long long>(p.total),
               static_cast<unsigned long long>(p.done * 100 / p.total));
}

void fetch(const Options& options) {
  const auto magnet = torrent::parse_magnet(options.link);
  if (!magnet) throw UsageError(std::string("fetch: no magnet link: ") + magnet.error().what);
  host::MagnetFetchOptions work;
  work.magnet = *magnet;
  std::vector<std::string> peers = options.peers;
  peers.insert(peers.end(), magnet->peers.begin(), magnet->peers.end());
  for (const std::string& text : peers) {
    const auto address = torrent::parse_peer_address(text);
    if (!address) throw UsageError("fetch: \"" + text + "\" is no HOST:PORT");
    if (work.peers.size() < host::kPeersMax) work.peers.push_back(*address);
  }
  work.folder = options.to;
  work.metainfo = options.torrent;
  work.patience = base::Duration{static_cast<std::int64_t>(options.patience_s * 1e6)};
  if (!options.quiet) work.progress = print_progress;
  std::signal(SIGINT, [](int) { interrupted = 1; });
  std::signal(SIGTERM, [](int) { interrupted = 1; });
  work.stopped = [] { return interrupted != 0; };
  const host::MagnetFetched got = host::fetch_magnet(work);
  if (!got.trouble.empty()) throw std::runtime_error("fetch: " + got.trouble);
  if (!options.torrent.empty()) return;
  std::printf("%s: %zu files, %llu bytes: %llu from peers, %llu were here; gave %llu\n",
              got.name.c_str(), got.files, static_cast<unsigned long long>(got.bytes),
              static_cast<unsigned long long>(got.from_peers),
              static_cast<unsigned long long>(got.from_store),
              static_cast<unsigned long long>(got.uploaded));
}

}  // namespace

void add_fetch_command(CLI::App& app) {
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "fetch", "take what a magnet link names from BitTorrent peers, every byte verified");
  command->add_option("link", options->link, "magnet:?xt=urn:btmh:...")->required();
  command->add_option("--peer", options->peers, "HOST:PORT of a peer (repeatable)")
      ->allow_extra_args(false);
  command->add_option("-o,--to", options->to, "folder for the files")->capture_default_str();
  command->add_option("--torrent", options->torrent,
                      "write the .torrent to this file, and fetch nothing else");
  command
      ->add_option("--patience", options->patience_s, "seconds without progress until it gives up")
      ->check(number(1, 86400))
      ->capture_default_str();
  command->add_flag("-q,--quiet", options->quiet, "no progress on standard error");
  command->footer(
      "peers: BitTorrent v2 clients over TCP, from the link's x.pe and --peer.\n"
      "An interrupted fetch goes on where it was.");
  command->callback([options] { fetch(*options); });
}

}  // namespace skep::app
