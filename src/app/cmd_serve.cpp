#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>

#include "app/commands.hpp"
#include "origin/serve_settings.hpp"

namespace skep::app {
namespace {

using origin::SettingKind;

/// What the command line said, before it is weighed against the environment and the file.
struct Given {
  std::map<std::string, std::vector<std::string>> texts;
  std::map<std::string, bool> flags;
  std::string directory;
  std::string config;
  bool print = false;
};

std::string read_config(const std::string& path) {
  if (std::filesystem::is_directory(path))
    throw UsageError("the configuration file " + path + " is a directory");
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) throw UsageError("cannot read the configuration file " + path);
  return text;
}

void add_options(CLI::App& command, Given& given) {
  command.add_option("dir", given.directory,
                     "a publication (made by `skep publish`), or a site, which is then published "
                     "on the fly with a development key; without it: a tracker only");
  const origin::ServeOptions defaults;
  for (const origin::ServeSetting& setting : origin::serve_settings()) {
    const std::string name = setting.name;
    if (name == "root") continue;  // the directory
    const std::string letter = name == "port"      ? "-p,"
                               : name == "address" ? "-a,"
                               : name == "quiet"   ? "-q,"
                                                   : "";
    if (setting.kind == SettingKind::flag) {
      command.add_flag(letter + "--" + name, given.flags[name], setting.help);
      continue;
    }
    CLI::Option* option = command.add_option(letter + "--" + name, given.texts[name], setting.help);
    option->allow_extra_args(false);
    if (setting.kind != SettingKind::list) {
      option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
      option->default_str(setting.show(defaults).front());
    }
  }
  command.add_option("--config", given.config,
                     "a TOML file with these settings (port = 8443); see --print-config");
  command.add_flag("--print-config", given.print, "print the settings in effect, and end");
  command.footer(
      "Settings also come from the environment (--tls-cert is SKEP_TLS_CERT) and from --config.\n"
      "A flag wins over the environment, the environment over the file.");
}

void serve(const Given& given) {
  origin::ServeSources sources;
  for (const auto& [name, texts] : given.texts)
    if (!texts.empty()) sources.flags[name] = texts;
  for (const auto& [name, on] : given.flags)
    if (on) sources.flags[name] = {"true"};
  if (!given.directory.empty()) sources.flags["root"] = {given.directory};
  sources.environment =
      origin::serve_environment([](const char* name) { return std::getenv(name); });
  sources.file_name = given.config;
  if (const char* named = std::getenv("SKEP_CONFIG"); sources.file_name.empty() && named != nullptr)
    sources.file_name = named;
  origin::ServeOptions options;
  options.version = version();
  try {
    if (!sources.file_name.empty())
      sources.file = origin::parse_serve_config(read_config(sources.file_name), sources.file_name);
    origin::apply_settings(sources, options);
    origin::check_settings(options);
  } catch (const origin::SettingsError& error) {
    throw UsageError(error.what());
  }
  if (given.print) {
    std::fputs(origin::print_serve_config(sources, options).c_str(), stdout);
    return;
  }
  if (options.root.empty() && options.allow_keys.empty())
    throw UsageError("serve: name a directory, or --allow-key for a tracker only");
  origin::serve(options);
}

}  // namespace

void add_serve_command(CLI::App& app) {
  auto given = std::make_shared<Given>();
  CLI::App* command = app.add_subcommand("serve", "serve a publication, with its tracker");
  add_options(*command, *given);
  command->callback([given] { serve(*given); });
}

}  // namespace skep::app
