#include "origin/admin_gate.hpp"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "crypto/sha256.hpp"
#include "net/http_fields.hpp"
#include "origin/publish_file.hpp"

namespace skep::origin {

std::string make_admin_token() {
  constexpr std::string_view kAlphabet = "abcdefghijklmnopqrstuvwxyz234567";
  std::array<unsigned char, 26> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1)
    throw std::runtime_error("the system has no randomness for an admin token");
  std::string out;
  for (const unsigned char byte : bytes) out += kAlphabet[byte % kAlphabet.size()];
  return out;
}

std::string read_admin_token(const std::string& path) {
  const base::Bytes bytes = read_file(path, 64 * 1024);
  const std::string_view text = base::as_text(bytes);
  std::string token(text.substr(0, text.find_first_of("\r\n")));
  if (token.size() < kAdminTokenMin || token.size() > kAdminTokenMax)
    throw std::runtime_error(path + ": an admin token is a line of " +
                             std::to_string(kAdminTokenMin) + " to " +
                             std::to_string(kAdminTokenMax) + " characters");
  return token;
}

AdminGate::AdminGate(std::string_view token) : token_(crypto::sha256(base::as_bytes(token))) {
  SKEP_ASSERT(!token.empty());
}

bool AdminGate::exhausted(std::string_view remote) const {
  return std::count_if(guesses_.begin(), guesses_.end(), [&](const Guess& guess) {
           return guess.remote == remote;
         }) >= static_cast<std::ptrdiff_t>(kAdminGuesses);
}

AdminGate::Verdict AdminGate::check(std::string_view authorization, std::string_view remote,
                                    base::Instant now) {
  while (!guesses_.empty() && now - guesses_.front().at >= kAdminWait) guesses_.pop_front();
  constexpr std::string_view kBearer = "Bearer ";
  if (authorization.size() < kBearer.size() ||
      !net::equal_ignoring_case(authorization.substr(0, kBearer.size()), kBearer))
    return Verdict::denied;
  // Looked at before the token: while somebody guesses, even the right guess must not be told.
  const bool wait = exhausted(remote);
  const std::string_view given = authorization.substr(kBearer.size());
  const crypto::Digest256 digest = crypto::sha256(base::as_bytes(given));
  const bool same =
      CRYPTO_memcmp(digest.view().data(), token_.view().data(), token_.view().size()) == 0;
  if (wait) return Verdict::wait;
  if (same) return Verdict::granted;
  if (guesses_.size() == kAdminGuessesKept) guesses_.pop_front();
  guesses_.push_back({std::string(remote), now});
  return Verdict::denied;
}

}  // namespace skep::origin
