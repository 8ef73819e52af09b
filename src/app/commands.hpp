/// commands.hpp: the subcommands of `skep`, one file each (cmd_NAME.cpp).
/// CONTRACT  add_NAME_command puts a subcommand with its options into `app` and sets a callback
///           that does the work. A callback that returns means exit code 0. One that throws a
///           std::exception means one line on stderr and exit code 1; UsageError means 2.
/// WHY       start-up code is the one place where exceptions are allowed: main() catches them all.
#pragma once

#include <stdexcept>

namespace CLI {
class App;
}

namespace skep::app {

/// The command line was understood but asks for something that makes no sense. Exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// The work was done, its outcome is "no", and the reasons are printed already (as `verify` does).
/// Exit code 1 without another line.
class SilentFailure : public std::exception {};

/// "0.1.0": CMake's project version.
const char* version();

void add_audit_command(CLI::App& app);
void add_doctor_command(CLI::App& app);
void add_fetch_command(CLI::App& app);
void add_key_command(CLI::App& app);
void add_pointer_command(CLI::App& app);
void add_publish_command(CLI::App& app);
void add_replay_command(CLI::App& app);
void add_serve_command(CLI::App& app);
void add_show_command(CLI::App& app);
void add_verify_command(CLI::App& app);

}  // namespace skep::app
