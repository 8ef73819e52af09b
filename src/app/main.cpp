// main.cpp: the `skep` program: the list of its subcommands, and what an exception becomes.
#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <stdexcept>
#include <string>

#include "app/commands.hpp"

namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;

int run(int argc, char** argv) {
  CLI::App app{"skep: a web site whose visitors help to serve it", "skep"};
  app.set_version_flag("--version", std::string("skep ") + skep::app::version());
  app.require_subcommand(1);
  app.fallthrough(false);

  // Each founder switches on a line when its command lands.
  skep::app::add_audit_command(app);
  skep::app::add_doctor_command(app);
  skep::app::add_fetch_command(app);
  skep::app::add_key_command(app);
  skep::app::add_pointer_command(app);
  skep::app::add_publish_command(app);
  skep::app::add_replay_command(app);
  skep::app::add_serve_command(app);
  skep::app::add_show_command(app);
  skep::app::add_verify_command(app);

  const auto named = [&](const CLI::App* command) { return command->get_name() == argv[1]; };
  if (argc > 1 && *argv[1] != '-' && app.get_subcommands(named).empty())
    throw skep::app::UsageError(std::string("no such command: ") + argv[1] + " (skep --help)");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const int code = run(argc, argv);
    // A full disk behind a redirection: what was printed is the work, and it is not there.
    if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0)
      throw std::runtime_error(std::string("standard output: ") + std::strerror(errno));
    return code;
  } catch (const skep::app::SilentFailure&) {
    return kFailure;
  } catch (const skep::app::UsageError& error) {
    std::fprintf(stderr, "skep: %s\n", error.what());
    return kUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "skep: %s\n", error.what());
    return kFailure;
  } catch (...) {
    std::fprintf(stderr, "skep: unexpected failure\n");
    return kFailure;
  }
}
