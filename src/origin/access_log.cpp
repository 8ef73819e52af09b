#include "origin/access_log.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <stdexcept>

namespace skep::origin {
namespace {

void put(std::string& to, std::string_view name, std::string_view text) {
  to += ",\"";
  to += name;
  to += "\":";
  put_json_text(to, text);
}

std::string three_digits(std::int64_t value) {
  std::string text = std::to_string(1000 + value);
  text.erase(0, 1);
  return text;
}

}  // namespace

void put_json_text(std::string& to, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  to += '"';
  for (const char c : text.substr(0, kLoggedTextMax)) {
    const auto octet = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (octet < 0x20 || octet > 0x7e) {
      to += "\\u00";
      to += kHex[octet >> 4];
      to += kHex[octet & 15];
    } else {
      to += c;
    }
  }
  to += '"';
}

std::string print_log_time(std::int64_t unix_ms) {
  const std::time_t second = unix_ms / 1000;
  std::tm parts{};
  ::gmtime_r(&second, &parts);
  std::array<char, 40> text{};
  const std::size_t size = std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &parts);
  return std::string(text.data(), size) + "." + three_digits(unix_ms % 1000) + "Z";
}

std::string access_line(const net::HttpRequest& request, const net::HttpOutcome& outcome,
                        std::int64_t unix_ms) {
  std::string line = "{\"time\":\"" + print_log_time(unix_ms) + "\"";
  put(line, "address", request.remote);
  put(line, "method", request.method);
  put(line, "path", request.target);
  line += ",\"status\":" + std::to_string(outcome.status);
  line += ",\"bytes_sent\":" + std::to_string(outcome.body_bytes);
  line += outcome.complete ? ",\"complete\":true" : ",\"complete\":false";
  if (!request.range.empty()) put(line, "range", request.range);
  line += ",\"duration_ms\":" + std::to_string(outcome.took.us / 1000) + "." +
          three_digits(outcome.took.us % 1000);
  put(line, "user_agent", request.user_agent);
  line += request.skep == "engine" ? ",\"engine\":true}\n" : ",\"engine\":false}\n";
  return line;
}

AccessLog::AccessLog(const std::string& path) : path_(path == "-" ? "" : path) {
  if (path == "-") fd_ = STDOUT_FILENO;
  if (const std::string wrong = reopen(); !wrong.empty()) throw std::runtime_error(wrong);
}

std::string AccessLog::reopen() {
  if (path_.empty()) return {};
  const int fd = ::open(path_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return "cannot open the access log " + path_ + ": " + std::strerror(errno);
  if (fd_ >= 0) ::close(fd_);
  fd_ = fd;
  return {};
}

AccessLog::~AccessLog() {
  if (!path_.empty() && fd_ >= 0) ::close(fd_);
}

void AccessLog::write(const net::HttpRequest& request, const net::HttpOutcome& outcome) {
  if (!on()) return;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::string line = access_line(
      request, outcome, std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  // A full disk must not stop the site: what cannot be logged is lost.
  for (std::size_t done = 0; done < line.size();) {
    const ssize_t n = ::write(fd_, line.data() + done, line.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    done += static_cast<std::size_t>(n);
  }
}

}  // namespace skep::origin
