/// rng.hpp: the one source of randomness below the hosts: seeded, forked by purpose.
/// CONTRACT  same seed and same calls give the same numbers with every compiler and on wasm.
///           Not for secrets; keys and peer ids come from the host.
/// WHY       the distributions of <random> differ between libraries; forking by purpose keeps a new
///           draw in one place from shifting every other.
/// SOURCE    xoshiro256** and splitmix64 (Blackman and Vigna), public domain algorithms.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace skep::base {

class Rng {
 public:
  explicit Rng(std::uint64_t seed);

  /// A generator of its own for `purpose`; leaves this one untouched.
  Rng fork(std::string_view purpose) const;

  std::uint64_t next();
  /// Uniform in [0, bound). REQUIRES bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// True `numerator` times in `denominator`. REQUIRES denominator > 0.
  bool chance(std::uint64_t numerator, std::uint64_t denominator);

 private:
  std::array<std::uint64_t, 4> state_{};
};

}  // namespace skep::base
