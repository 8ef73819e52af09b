#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "app/commands.hpp"
#include "origin/show.hpp"

namespace skep::app {

void add_show_command(CLI::App& app) {
  struct Options {
    std::string path;
    bool json = false;
    bool all = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command =
      app.add_subcommand("show", "say what is in a torrent, pointer, key or publication");
  command->add_option("path", options->path, "file or directory")->required();
  command->add_flag("--json", options->json, "as JSON");
  command->add_flag("--all", options->all, "list every file");
  command->callback([options] {
    const nlohmann::json found = origin::describe(options->path);
    const std::string text =
        options->json ? found.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + "\n"
                      : origin::print_human(found, options->all ? SIZE_MAX : 40);
    std::fputs(text.c_str(), stdout);
  });
}

}  // namespace skep::app
