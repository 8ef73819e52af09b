#include "origin/log.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <chrono>

#include "origin/access_log.hpp"

namespace skep::origin {
namespace {

constexpr std::array<std::string_view, 5> kNames = {"debug", "info", "warning", "error", "off"};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return spdlog::level::debug;
    case LogLevel::info:
      return spdlog::level::info;
    case LogLevel::warning:
      return spdlog::level::warn;
    case LogLevel::error:
      return spdlog::level::err;
    case LogLevel::off:
      break;
  }
  return spdlog::level::off;
}

}  // namespace

LogLevel log_level_of(std::string_view name) {
  for (std::size_t i = 0; i < kNames.size(); ++i)
    if (kNames[i] == name) return static_cast<LogLevel>(i);
  return LogLevel::info;
}

std::string log_line(LogLevel level, std::string_view text, std::int64_t unix_ms, bool json) {
  const std::string_view name = kNames[static_cast<std::size_t>(level)];
  std::string out;
  if (json) {
    out = "{\"time\":\"" + print_log_time(unix_ms) + "\",\"level\":\"" + std::string(name) +
          "\",\"message\":";
    put_json_text(out, text);
    return out + "}";
  }
  out = level >= LogLevel::warning ? "skep: " + std::string(name) + ": " : "skep: ";
  for (const char c : text) out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  return out;
}

Log::Log(LogLevel least, bool json)
    : logger_(std::make_shared<spdlog::logger>("skep",
                                               std::make_shared<spdlog::sinks::stderr_sink_st>())),
      json_(json) {
  logger_->set_pattern("%v");
  logger_->set_level(spdlog_level(least));
  logger_->flush_on(spdlog::level::trace);
}

Log::~Log() = default;

void Log::write(LogLevel level, std::string_view text) {
  const spdlog::level::level_enum at = spdlog_level(level);
  if (!logger_->should_log(at)) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  logger_->log(at, "{}",
               log_line(level, text,
                        std::chrono::duration_cast<std::chrono::milliseconds>(now).count(), json_));
}

}  // namespace skep::origin
