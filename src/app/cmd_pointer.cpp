#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <memory>

#include "app/commands.hpp"
#include "origin/key_file.hpp"
#include "origin/pointer_renew.hpp"
#include "origin/publish.hpp"
#include "origin/show.hpp"

namespace skep::app {
namespace {

struct RenewOptions {
  std::string publication;
  std::string key;
  int days = origin::kPointerDaysDefault;
};

void renew(const RenewOptions& options) {
  const origin::LoadedKey key = origin::read_key_file(options.key);
  if (!key.warning.empty()) std::fprintf(stderr, "skep: warning: %s\n", key.warning.c_str());
  const site::Pointer pointer =
      origin::renew_pointer(options.publication, key.key, options.days, std::time(nullptr));
  std::printf("renewed until %s (seq %lld)\n", origin::print_time(pointer.expires_s).c_str(),
              static_cast<long long>(pointer.seq));
}

}  // namespace

void add_pointer_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("pointer", "the signed pointer of a publication");
  command->require_subcommand(1);
  auto options = std::make_shared<RenewOptions>();
  CLI::App* sub = command->add_subcommand("renew", "sign it again, before it expires");
  sub->add_option("dir", options->publication, "a publication")
      ->required()
      ->check(CLI::ExistingDirectory);
  sub->add_option("--key", options->key, "the key file that signed it")->required();
  sub->add_option("--days", options->days, "how long it lives from now")->capture_default_str();
  sub->callback([options] { renew(*options); });
}

}  // namespace skep::app
