#include "app/commands.hpp"

namespace skep::app {

const char* version() { return SKEP_VERSION; }

}  // namespace skep::app
