#include "site/url_path.hpp"

#include <cstdint>

#include "base/limits.hpp"

namespace skep::site {
namespace {

using base::Errc;
using base::fail;
using base::Status;

struct Sequence {
  std::size_t size;         ///< 0: not a first byte
  unsigned char low, high;  ///< range of the second byte; later ones are 0x80 to 0xbf
};

/// RFC 3629 section 4, the table of byte sequences.
Sequence sequence_of(unsigned char first) {
  if (first < 0x80) return {1, 0, 0};
  if (first < 0xc2) return {0, 0, 0};
  if (first < 0xe0) return {2, 0x80, 0xbf};
  if (first == 0xe0) return {3, 0xa0, 0xbf};
  if (first == 0xed) return {3, 0x80, 0x9f};
  if (first < 0xf0) return {3, 0x80, 0xbf};
  if (first == 0xf0) return {4, 0x90, 0xbf};
  if (first < 0xf4) return {4, 0x80, 0xbf};
  if (first == 0xf4) return {4, 0x80, 0x8f};
  return {0, 0, 0};
}

bool has_control(std::string_view text) {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return true;
  return false;
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const Sequence sequence = sequence_of(static_cast<unsigned char>(text[i]));
    if (sequence.size == 0 || text.size() - i < sequence.size) return false;
    for (std::size_t k = 1; k < sequence.size; ++k) {
      const auto byte = static_cast<unsigned char>(text[i + k]);
      const bool second = k == 1;
      if (byte < (second ? sequence.low : 0x80) || byte > (second ? sequence.high : 0xbf))
        return false;
    }
    i += sequence.size;
  }
  return true;
}

Status check_file_path(std::string_view path) {
  if (path.size() > base::kPathSizeMax) return fail(Errc::limit_exceeded, "path too long");
  if (has_control(path)) return fail(Errc::unsafe_path, "control character in a path");
  if (!is_utf8(path)) return fail(Errc::unsafe_path, "path is not UTF-8");
  for (std::size_t begin = 0;;) {
    const std::size_t slash = path.find('/', begin);
    const bool last = slash == std::string_view::npos;
    const std::string_view component = path.substr(begin, last ? slash : slash - begin);
    if (component.empty()) return fail(Errc::unsafe_path, "empty path component", begin);
    if (component == "." || component == "..")
      return fail(Errc::unsafe_path, "'.' or '..' in a path", begin);
    if (component.size() > base::kPathComponentMax)
      return fail(Errc::limit_exceeded, "path component too long", begin);
    if (last) return base::ok();
    begin = slash + 1;
  }
}

Status check_url_path(std::string_view path) {
  if (path.empty()) return base::ok();
  if (path.ends_with('/') && path.size() <= base::kPathSizeMax) path.remove_suffix(1);
  return check_file_path(path);
}

}  // namespace skep::site
