#include "app/testing/command_line.hpp"

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>

#include "app/commands.hpp"

namespace skep::app::testing {

Outcome run(const std::string& arguments) {
  CLI::App app{"skep"};
  app.require_subcommand(1);
  add_audit_command(app);
  add_doctor_command(app);
  add_fetch_command(app);
  add_key_command(app);
  add_pointer_command(app);
  add_publish_command(app);
  add_replay_command(app);
  add_show_command(app);
  add_verify_command(app);
  Outcome outcome;
  ::testing::internal::CaptureStdout();
  try {
    app.parse(arguments);
  } catch (const CLI::ParseError& error) {
    outcome.code = 2;
    outcome.error = error.what();
  } catch (const UsageError& error) {
    outcome.code = 2;
    outcome.error = error.what();
  } catch (const std::exception& error) {
    outcome.code = 1;
    outcome.error = error.what();
  }
  outcome.out = ::testing::internal::GetCapturedStdout();
  return outcome;
}

}  // namespace skep::app::testing
