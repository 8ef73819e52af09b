/// log.hpp: what the server has to say to its operator, on standard error.
/// CONTRACT  one line for each event; text lines are for people, JSON lines for programs. Whatever
///           is in a message, a line stays one line.
/// SPEC      docs/serve.md, "Messages"
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace spdlog {
class logger;
}

namespace skep::origin {

enum class LogLevel : std::uint8_t { debug, info, warning, error, off };

/// "debug" … "off"; anything else is info.
LogLevel log_level_of(std::string_view name);

class Log {
 public:
  Log(LogLevel least, bool json);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  void debug(std::string_view text) { write(LogLevel::debug, text); }
  void info(std::string_view text) { write(LogLevel::info, text); }
  void warning(std::string_view text) { write(LogLevel::warning, text); }
  void error(std::string_view text) { write(LogLevel::error, text); }

 private:
  void write(LogLevel level, std::string_view text);

  std::shared_ptr<spdlog::logger> logger_;
  bool json_;
};

/// The line without its end: `{"time":…,"level":…,"message":…}` or "skep: warning: …".
std::string log_line(LogLevel level, std::string_view text, std::int64_t unix_ms, bool json);

}  // namespace skep::origin
