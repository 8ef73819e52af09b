#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/commands.hpp"
#include "codec/hex.hpp"
#include "origin/key_file.hpp"

namespace skep::app {
namespace {

std::string public_hex(const origin::KeyPair& key) {
  return codec::encode_hex(key.public_key.view());
}

void new_key(const std::string& path) {
  const origin::KeyPair key = origin::generate_key();
  origin::write_key_file(path, key);
  std::printf("wrote %s (mode 0600). Keep it secret and keep a copy: it is your site.\n",
              path.c_str());
  std::printf("public key  %s\n", public_hex(key).c_str());
}

void show_key(const std::string& path, bool json) {
  const origin::LoadedKey loaded = origin::read_key_file(path);
  if (!loaded.warning.empty()) std::fprintf(stderr, "skep: warning: %s\n", loaded.warning.c_str());
  const std::string key = public_hex(loaded.key);
  std::printf(json ? "{\"public\":\"%s\"}\n" : "public key  %s\n", key.c_str());
}

}  // namespace

void add_key_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("key", "make and show signing keys");
  command->require_subcommand(1);

  auto path = std::make_shared<std::string>();
  CLI::App* make = command->add_subcommand("new", "make a new key");
  make->add_option("-o,--output", *path, "the file to write; it must not exist")->required();
  make->callback([path] { new_key(*path); });

  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* show = command->add_subcommand("show", "print a key's public half");
  show->add_option("file", *file, "a key file")->required();
  show->add_flag("--json", *json, "as JSON");
  show->callback([file, json] { show_key(*file, *json); });
}

}  // namespace skep::app
