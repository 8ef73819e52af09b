/// time.hpp: time as the engine sees it: whole microseconds since an origin the host chose.
/// CONTRACT  nobody below the hosts reads a clock; `now` is an argument and never decreases.
#pragma once

#include <compare>
#include <cstdint>

namespace skep::base {

struct Duration {
  std::int64_t us = 0;
  constexpr auto operator<=>(const Duration&) const = default;
  constexpr bool operator<(const Duration& b) const { return us < b.us; }  // one instruction
};
constexpr Duration microseconds(std::int64_t n) { return {n}; }
constexpr Duration milliseconds(std::int64_t n) { return {n * 1000}; }
constexpr Duration seconds(std::int64_t n) { return {n * 1'000'000}; }
constexpr Duration operator+(Duration a, Duration b) { return {a.us + b.us}; }
constexpr Duration operator-(Duration a, Duration b) { return {a.us - b.us}; }
constexpr Duration operator*(Duration a, std::int64_t n) { return {a.us * n}; }
constexpr Duration operator/(Duration a, std::int64_t n) { return {a.us / n}; }

struct Instant {
  std::int64_t us = 0;
  constexpr auto operator<=>(const Instant&) const = default;
  constexpr bool operator<(const Instant& b) const { return us < b.us; }  // one instruction
  constexpr bool operator<=(const Instant& b) const { return us <= b.us; }
  constexpr bool operator>(const Instant& b) const { return us > b.us; }
  constexpr bool operator>=(const Instant& b) const { return us >= b.us; }
};
constexpr Instant operator+(Instant a, Duration d) { return {a.us + d.us}; }
constexpr Instant operator-(Instant a, Duration d) { return {a.us - d.us}; }
constexpr Duration operator-(Instant a, Instant b) { return {a.us - b.us}; }

/// Later than every instant that occurs.
inline constexpr Instant kNever{INT64_MAX};

}  // namespace skep::base
