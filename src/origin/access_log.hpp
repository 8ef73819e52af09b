/// access_log.hpp: one JSON object per finished request, one per line.
/// CONTRACT  a line is written by a single write() to a descriptor in append mode before finished
///           requests' connections go on: tests can read it at once, and a log is rotated by
///           rename and reopen(). Strings from clients are cut to kLoggedTextMax and escaped; the
///           output is ASCII.
/// SPEC      docs/serve.md, "Access log"
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "net/http_server.hpp"

namespace skep::origin {

inline constexpr std::size_t kLoggedTextMax = 1024;

/// A JSON string, cut to kLoggedTextMax. Octets above 0x7e become \u00XX: clients need not send
/// UTF-8, readers may rely on it.
void put_json_text(std::string& to, std::string_view text);
/// "2026-11-20T13:39:00.123Z"
std::string print_log_time(std::int64_t unix_ms);

/// The line for an exchange, newline included. `unix_ms`: when it ended.
std::string access_line(const net::HttpRequest& request, const net::HttpOutcome& outcome,
                        std::int64_t unix_ms);

class AccessLog {
 public:
  /// "-" is standard output, "" nothing. Throws std::runtime_error when the file cannot be opened.
  explicit AccessLog(const std::string& path);
  ~AccessLog();
  AccessLog(const AccessLog&) = delete;
  AccessLog& operator=(const AccessLog&) = delete;

  /// Goes on in the file that has the name now: the other one was renamed. RETURNS what is wrong
  /// (then the old file stays), or nothing.
  std::string reopen();
  bool on() const { return fd_ >= 0; }
  void write(const net::HttpRequest& request, const net::HttpOutcome& outcome);

 private:
  std::string path_;  ///< empty: none, or standard output
  int fd_ = -1;
};

}  // namespace skep::origin
