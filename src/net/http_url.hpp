/// http_url.hpp: URLs as our own HTTP client needs them, and references resolved against them.
/// CONTRACT  pure. What is accepted can be sent as it is: a target has no spaces or control
///           characters. User information and fragments are dropped.
/// SPEC      RFC 3986 section 5.2 (references, dot segments), RFC 9110 section 4.2, RFC 6455
///           section 3
/// LIMITS    kTargetSizeMax, kUrlHostMax
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.hpp"

namespace skep::net {

/// RFC 1035: a host name.
inline constexpr std::size_t kUrlHostMax = 253;

struct HttpUrl {
  std::string scheme;  ///< "http", "https", "ws" or "wss"
  std::string host;    ///< lower case; an IPv6 address without its brackets
  std::uint16_t port = 0;
  std::string target = "/";  ///< path and query

  bool tls() const { return scheme == "https" || scheme == "wss"; }
  bool default_port() const { return port == (tls() ? 443 : 80); }
  /// "host", "host:8080", "[::1]:8080": what Host says.
  std::string authority() const;
  /// "https://host:8080"
  std::string origin() const { return scheme + "://" + authority(); }
  std::string text() const { return origin() + target; }
  /// The target without its query.
  std::string_view path() const { return std::string_view(target).substr(0, target.find('?')); }
  /// Whether the host can only be this machine: what browsers trust without TLS.
  bool loopback() const;
  friend bool operator==(const HttpUrl&, const HttpUrl&) = default;
};

/// Reads an absolute URL. ERRORS bad_syntax, unsupported (another scheme), limit_exceeded.
base::Result<HttpUrl> parse_http_url(std::string_view text);

/// What `reference`, found in a document at `base`, names. ERRORS as parse_http_url: a reference
/// such as "mailto:…" or "data:…" is unsupported.
base::Result<HttpUrl> parse_reference(const HttpUrl& base, std::string_view reference);

}  // namespace skep::net
