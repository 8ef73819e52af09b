/// number_range.hpp: checks of numbers on the command line.
/// CONTRACT  a check says no to what is no number, is not finite, or lies outside; CLI11's own lets
///           "nan" pass, and reads "-1" as the largest unsigned number.
#pragma once

#include <CLI/CLI.hpp>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace skep::app {

/// More threads than any machine has for this; each has a stack.
inline constexpr std::int64_t kThreadsMax = 256;

/// A whole number from `least` to `most`.
inline CLI::Validator whole_number(std::int64_t least, std::int64_t most) {
  const std::string range = std::to_string(least) + " to " + std::to_string(most);
  const auto check = [=](const std::string& text) -> std::string {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    const bool read = error == std::errc() && end == text.data() + text.size();
    return read && value >= least && value <= most ? "" : "must be a whole number from " + range;
  };
  return CLI::Validator(check, range);
}

/// Any number from `least` to `most`.
inline CLI::Validator number(double least, double most) {
  char range[64];
  std::snprintf(range, sizeof range, "%g to %g", least, most);
  const auto check = [least, most, said = std::string(range)](const std::string& text) {
    char* end = nullptr;
    const double value = std::strtod(text.c_str(), &end);
    const bool read = !text.empty() && *end == '\0' && std::isfinite(value);
    return read && value >= least && value <= most ? "" : "must be a number from " + said;
  };
  return CLI::Validator(check, range);
}

}  // namespace skep::app
