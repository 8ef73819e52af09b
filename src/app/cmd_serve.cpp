#include <CLI/CLI.hpp>
#include <memory>

#include "app/commands.hpp"
#include "origin/serve.hpp"

namespace skep::app {

void add_serve_command(CLI::App& app) {
  auto options = std::make_shared<origin::ServeOptions>();
  options->version = version();
  CLI::App* command = app.add_subcommand("serve", "serve a publication, with its tracker");
  command
      ->add_option("dir", options->root,
                   "a publication (made by `skep publish`), or a site, which is then published "
                   "on the fly with a development key; without it: a tracker only")
      ->check(CLI::ExistingDirectory);
  command->add_option("-p,--port", options->port, "0 takes a free one")->capture_default_str();
  command
      ->add_option("-a,--address", options->address,
                   "an IP address to listen on; 0.0.0.0 or :: for all")
      ->capture_default_str();
  command->add_option("--rate", options->rate_mbit, "Mbit/s of all answers together")
      ->check(CLI::PositiveNumber);
  command->add_option("--ice", options->ice, "stun: or turn: URL for browsers (repeatable)")
      ->allow_extra_args(false);
  command
      ->add_option("--allow-key", options->allow_keys,
                   "public key (64 hex digits) whose swarms the tracker serves, too (repeatable)")
      ->allow_extra_args(false);
  command->add_option("--key", options->key_file, "renew the pointer with this key file")
      ->check(CLI::ExistingFile);
  command->add_option("--access-log", options->access_log,
                      "one JSON object per request and line; - is standard output");
  command->add_option("--max-connections", options->connections_max)
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  command
      ->add_option("--admin-token-file", options->admin_token_file,
                   "switch the admin page on, behind the token in this file")
      ->check(CLI::ExistingFile);
  command->add_flag("--admin", options->admin,
                    "the same, with a token that is made and printed at every start");
  command->add_flag("-q,--quiet", options->quiet, "print nothing but errors");
  command->callback([options] {
    if (options->root.empty() && options->allow_keys.empty())
      throw UsageError("serve: name a directory, or --allow-key for a tracker only");
    origin::serve(*options);
  });
}

}  // namespace skep::app
