#include "net/http_url.hpp"

#include <algorithm>
#include <charconv>

#include "net/http_fields.hpp"

namespace skep::net {
namespace {

using base::Errc;
using base::fail;
using base::Result;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// The scheme of an absolute reference, lower case; empty for a relative one.
std::string scheme_of(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == text.npos || colon == 0 || !is_alpha(text[0])) return {};
  std::string out;
  for (const char c : text.substr(0, colon)) {
    if (!is_alpha(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return {};
    out += lower(c);
  }
  return out;
}

/// What may not be sent is percent-encoded, as browsers do; a stray '%' stays.
std::string sendable(std::string_view text) {
  static constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && c != '"' && c != '<' && c != '>') {
      out += c;
    } else {
      out += '%';
      out += kHex[byte >> 4];
      out += kHex[byte & 15];
    }
  }
  return out;
}

Result<std::uint16_t> parse_port(std::string_view text, std::uint16_t otherwise) {
  if (text.empty()) return otherwise;
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc() || end != text.data() + text.size() || port == 0)
    return fail(Errc::bad_syntax, "not a port");
  return port;
}

bool valid_host(std::string_view host) {
  return std::all_of(host.begin(), host.end(), [](char c) {
    return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
  });
}

bool valid_ipv6(std::string_view host) {
  return host.find(':') != host.npos && std::all_of(host.begin(), host.end(), [](char c) {
           return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f') || c == ':' || c == '.';
         });
}

base::Status read_authority(std::string_view text, HttpUrl& out) {
  if (const std::size_t at = text.rfind('@'); at != text.npos) text.remove_prefix(at + 1);
  std::string_view host = text;
  std::string_view port;
  if (text.starts_with('[')) {
    const std::size_t end = text.find(']');
    if (end == text.npos) return fail(Errc::bad_syntax, "an open '['");
    host = text.substr(1, end - 1);
    port = text.substr(end + 1);
    if (!valid_ipv6(host)) return fail(Errc::bad_syntax, "not an IPv6 address");
    if (!port.empty() && port.front() != ':') return fail(Errc::bad_syntax, "not a port");
    if (!port.empty()) port.remove_prefix(1);
  } else {
    const std::size_t colon = text.find(':');
    host = text.substr(0, colon);
    if (colon != text.npos) port = text.substr(colon + 1);
    if (!valid_host(host)) return fail(Errc::bad_syntax, "not a host name");
  }
  if (host.empty()) return fail(Errc::bad_syntax, "no host");
  if (host.size() > kUrlHostMax) return fail(Errc::limit_exceeded, "a host name that long");
  std::transform(host.begin(), host.end(), std::back_inserter(out.host), lower);
  SKEP_TRY(out.port, parse_port(port, out.tls() ? 443 : 80));
  return base::ok();
}

/// RFC 3986 section 5.2.4. `path` begins with '/'.
std::string remove_dots(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::size_t slash = path.find('/', 1);
    const std::string_view segment = path.substr(0, slash);
    const bool last = slash == path.npos;
    if (segment == "/.") {
      if (last) out += '/';
    } else if (segment == "/..") {
      out.resize(std::min(out.rfind('/'), out.size()));
      if (last) out += '/';
    } else {
      out += segment;
    }
    if (last) break;
    path.remove_prefix(slash);
  }
  return out.empty() ? "/" : out;
}

base::Status set_target(std::string_view path, std::string_view query, HttpUrl& out) {
  std::string absolute = path.starts_with('/') ? std::string(path) : "/" + std::string(path);
  out.target = remove_dots(sendable(absolute)) + sendable(query);
  if (out.target.size() > kTargetSizeMax) return fail(Errc::limit_exceeded, "a URL that long");
  return base::ok();
}

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

std::string HttpUrl::authority() const {
  const std::string name = host.find(':') == host.npos ? host : "[" + host + "]";
  return default_port() ? name : name + ":" + std::to_string(port);
}

bool HttpUrl::loopback() const {
  return host == "localhost" || host.ends_with(".localhost") || host == "::1" ||
         (host.starts_with("127.") && host.find_first_not_of("0123456789.") == host.npos);
}

Result<HttpUrl> parse_http_url(std::string_view text) {
  text = trimmed(text);
  HttpUrl out;
  out.scheme = scheme_of(text);
  if (out.scheme.empty()) return fail(Errc::bad_syntax, "not an absolute URL");
  if (out.scheme != "http" && out.scheme != "https" && out.scheme != "ws" && out.scheme != "wss")
    return fail(Errc::unsupported, "neither http nor https");
  text.remove_prefix(out.scheme.size() + 1);
  if (!text.starts_with("//")) return fail(Errc::bad_syntax, "no host");
  text.remove_prefix(2);
  text = text.substr(0, text.find('#'));
  const std::size_t end = text.find_first_of("/?");
  SKEP_CHECK(read_authority(text.substr(0, end), out));
  const std::string_view rest = end == text.npos ? std::string_view() : text.substr(end);
  const std::size_t query = std::min(rest.find('?'), rest.size());
  SKEP_CHECK(set_target(rest.substr(0, query), rest.substr(query), out));
  return out;
}

Result<HttpUrl> parse_reference(const HttpUrl& base, std::string_view reference) {
  reference = trimmed(reference);
  if (!scheme_of(reference).empty()) return parse_http_url(reference);
  if (reference.starts_with("//"))
    return parse_http_url(base.scheme + ":" + std::string(reference));
  reference = reference.substr(0, reference.find('#'));
  HttpUrl out = base;
  if (reference.empty()) return out;
  const std::size_t query = std::min(reference.find('?'), reference.size());
  const std::string_view path = reference.substr(0, query);
  std::string merged(path);
  if (path.empty())
    merged = base.path();
  else if (path.front() != '/')
    merged = std::string(base.path().substr(0, base.path().rfind('/') + 1)) + merged;
  SKEP_CHECK(set_target(merged, reference.substr(query), out));
  return out;
}

}  // namespace skep::net
