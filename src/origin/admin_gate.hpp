/// admin_gate.hpp: who may see the operator's page: whoever knows the token.
/// CONTRACT  a token is compared in constant time, so that answers do not tell how much of a guess
///           is right. After kAdminGuesses wrong ones within a minute an address has to wait.
/// WHY       no cookies: a page of another origin cannot make a browser send a bearer token. No
///           limit for all addresses together: strangers could lock the operator out with it, and
///           a token is too long to be guessed from many.
/// SPEC      RFC 6750 section 2.1; docs/formats/admin.md
/// LIMITS    kAdminGuessesKept remembered; the oldest goes first.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "base/time.hpp"
#include "crypto/digest.hpp"

namespace skep::origin {

/// A token that people choose is at least this long.
inline constexpr std::size_t kAdminTokenMin = 16;
inline constexpr std::size_t kAdminTokenMax = 512;
inline constexpr std::size_t kAdminGuesses = 10;
inline constexpr std::size_t kAdminGuessesKept = 4096;
inline constexpr base::Duration kAdminWait = base::seconds(60);

/// 26 characters of base32: 130 random bits. Throws when the system has no randomness.
std::string make_admin_token();

/// The first line of a file. Throws std::runtime_error (unreadable, too short, too long).
std::string read_admin_token(const std::string& path);

class AdminGate {
 public:
  enum class Verdict : std::uint8_t {
    granted,
    denied,  ///< no token, or a wrong one
    wait,    ///< too many wrong ones
  };

  /// REQUIRES a token that is not empty.
  explicit AdminGate(std::string_view token);

  /// `authorization`: the field's value, "Bearer TOKEN". `remote`: the client's address.
  Verdict check(std::string_view authorization, std::string_view remote, base::Instant now);

 private:
  struct Guess {
    std::string remote;
    base::Instant at;
  };
  bool exhausted(std::string_view remote) const;

  crypto::Digest256 token_;  ///< its SHA-256: equal lengths to compare
  std::deque<Guess> guesses_;
};

}  // namespace skep::origin
