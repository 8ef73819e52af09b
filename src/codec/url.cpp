#include "codec/url.hpp"

#include <algorithm>

#include "base/limits.hpp"
#include "codec/hex.hpp"
#include "codec/utf8.hpp"

namespace skep::codec {

using base::Errc;
using base::fail;
using base::Result;
using base::Status;

namespace {

bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// RFC 3986 section 3.3: pchar without percent-encoding, and the slash between segments.
bool stands_in_path(char c) {
  return is_alnum(c) || std::string_view("-._~!$&'()*+,;=:@/").find(c) != std::string_view::npos;
}

/// C0 controls, DEL, and the backslash that some systems take for a slash.
bool is_forbidden(char c) {
  const auto octet = static_cast<unsigned char>(c);
  return octet < 0x20 || octet == 0x7f || c == '\\';
}

Status check_name(std::string_view name) {
  if (name.empty() || name == "." || name == "..")
    return fail(Errc::unsafe_path, "path: a component is empty, '.' or '..'");
  if (name.size() > base::kPathComponentMax)
    return fail(Errc::limit_exceeded, "path: component too long");
  return base::ok();
}

}  // namespace

Status check_plain_path(std::string_view path) {
  if (path.size() > base::kPathSizeMax) return fail(Errc::limit_exceeded, "path too long");
  if (std::any_of(path.begin(), path.end(), is_forbidden))
    return fail(Errc::unsafe_path, "path: control character or backslash");
  if (!is_utf8(path)) return fail(Errc::unsafe_path, "path: not UTF-8");
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    SKEP_CHECK(check_name(path.substr(begin, end - begin)));
    begin = end + 1;
  }
  return base::ok();
}

Result<UrlPath> parse_url_path(std::string_view text) {
  if (!text.empty() && text.front() == '/') text.remove_prefix(1);
  if (text.size() > 3 * base::kPathSizeMax) return fail(Errc::limit_exceeded, "path too long");
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!stands_in_path(text[i]) && text[i] != '%' && static_cast<unsigned char>(text[i]) < 0x80)
      return fail(is_forbidden(text[i]) ? Errc::unsafe_path : Errc::bad_syntax,
                  "path: a character that must be encoded", i);
    if (text[i] == '%' && (text.substr(i + 1, 2) == "2F" || text.substr(i + 1, 2) == "2f"))
      return fail(Errc::unsafe_path, "path: an encoded slash", i);
  }
  UrlPath out;
  SKEP_TRY(out.path, percent_decode(text));
  out.directory = out.path.empty() || out.path.back() == '/';
  if (out.path.empty()) return out;
  if (out.directory) out.path.pop_back();
  SKEP_CHECK(check_plain_path(out.path));
  return out;
}

std::string encode_url_path(std::string_view path) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string out;
  out.reserve(path.size());
  for (const char c : path) {
    if (stands_in_path(c) && c != ':') {
      out += c;
      continue;
    }
    const auto octet = static_cast<unsigned char>(c);
    out += '%';
    out += kDigits[octet >> 4];
    out += kDigits[octet & 15];
  }
  return out;
}

Result<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const std::string_view digits = text.substr(i + 1, 2);
    const auto octet = decode_hex(digits);
    if (digits.size() != 2 || !octet.has_value())
      return fail(Errc::bad_syntax, "a percent sign without two hex digits", i);
    out += static_cast<char>(octet->front());
    i += 2;
  }
  return out;
}

}  // namespace skep::codec
