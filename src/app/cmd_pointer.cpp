#include <CLI/CLI.hpp>
#include <cstdio>
#include <ctime>
#include <memory>
#include <optional>

#include "app/commands.hpp"
#include "app/number_range.hpp"
#include "origin/key_file.hpp"
#include "origin/pointer_renew.hpp"
#include "origin/publish.hpp"
#include "origin/show.hpp"

namespace skep::app {
namespace {

struct PointerOptions {
  std::string publication;
  std::string key;
  int days = origin::kPointerDaysDefault;
  bool forget = false;
};

site::Pointer sign_again(const PointerOptions& options, std::optional<site::Switch> state) {
  const origin::LoadedKey key = origin::read_key_file(options.key);
  if (!key.warning.empty()) std::fprintf(stderr, "skep: warning: %s\n", key.warning.c_str());
  return origin::renew_pointer(options.publication, key.key, options.days, std::time(nullptr),
                               state);
}

void print(const char* what, const site::Pointer& pointer) {
  std::printf("%s until %s (seq %lld)\n", what, origin::print_time(pointer.expires_s).c_str(),
              static_cast<long long>(pointer.seq));
}

void renew(const PointerOptions& options) {
  const site::Pointer pointer = sign_again(options, std::nullopt);
  const bool off = pointer.state != site::Switch::on;
  print(off ? "renewed, and still switched off," : "renewed", pointer);
}

void switch_off(const PointerOptions& options) {
  sign_again(options, options.forget ? site::Switch::forget : site::Switch::off);
  std::printf(
      "switched off: at their next page load visitors use plain HTTP%s.\n"
      "To switch it on again: skep pointer on %s --key %s\n",
      options.forget ? " and delete what they keep" : "", options.publication.c_str(),
      options.key.c_str());
}

void switch_on(const PointerOptions& options) {
  print("switched on", sign_again(options, site::Switch::on));
}

}  // namespace

void add_pointer_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("pointer", "the signed pointer of a publication");
  command->require_subcommand(1);
  auto options = std::make_shared<PointerOptions>();
  const auto add = [&](const char* name, const char* what, void (*act)(const PointerOptions&)) {
    CLI::App* sub = command->add_subcommand(name, what);
    sub->add_option("dir", options->publication, "a publication")
        ->required()
        ->check(CLI::ExistingDirectory);
    sub->add_option("--key", options->key, "the key file that signed it")->required();
    sub->add_option("--days", options->days, "how long it lives from now")
        ->check(whole_number(1, origin::kPointerDaysMax))
        ->capture_default_str();
    sub->callback([options, act] { act(*options); });
    return sub;
  };
  add("renew", "sign it again, before it expires", renew);
  add("on", "let visitors use peers again", switch_on);
  add("off", "return every visitor to plain HTTP at the next page load", switch_off)
      ->add_flag("--forget", options->forget, "visitors delete what they keep of the site, too");
}

}  // namespace skep::app
