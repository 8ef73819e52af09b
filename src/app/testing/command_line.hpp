/// command_line.hpp: runs the `skep` command in this process, as a person types it.
#pragma once

#include <string>

namespace skep::app::testing {

struct Outcome {
  int code = 0;
  std::string out;    ///< standard output
  std::string error;  ///< what main() would print
};

/// `arguments` without the program's name. Everything but `serve`.
Outcome run(const std::string& arguments);

}  // namespace skep::app::testing
