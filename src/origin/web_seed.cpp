#include "origin/web_seed.hpp"

#include <charconv>

#include "codec/http_range.hpp"

namespace skep::origin {
namespace {

constexpr std::string_view kPad = ".pad/";

/// What follows "<name>/" in `path`, or nothing.
std::optional<std::string_view> below(std::string_view path, std::string_view name) {
  if (path.size() <= name.size() + 1 || !path.starts_with(name) || path[name.size()] != '/')
    return std::nullopt;
  return path.substr(name.size() + 1);
}

}  // namespace

std::optional<std::string> WebSeed::path_of(std::string_view path) const {
  for (const SeededTorrent& torrent : torrents_)
    if (const auto rest = below(path, torrent.name)) return std::string(*rest);
  return std::nullopt;
}

std::optional<std::uint32_t> WebSeed::padding_of(std::string_view path) const {
  for (const SeededTorrent& torrent : torrents_) {
    const auto rest = below(path, torrent.name);
    if (!rest || !rest->starts_with(kPad)) continue;
    const std::string_view digits = rest->substr(kPad.size());
    std::uint32_t size = 0;
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), size);
    if (read.ec == std::errc() && read.ptr == digits.data() + digits.size() && size > 0 &&
        size < torrent.piece_length)
      return size;
  }
  return std::nullopt;
}

HttpPlan padding_plan(const net::HttpRequest& request, std::uint32_t size) {
  codec::HttpRange part{0, size};
  HttpPlan plan;
  plan.head_only = request.method == "HEAD";
  plan.fields =
      "Content-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\n"
      "Access-Control-Allow-Origin: *\r\n";
  if (request.method == "GET" && !request.range.empty()) {
    const auto ranges = codec::parse_range(request.range, size);
    if (ranges && ranges->size() == 1) {  // several: everything is always allowed
      plan.status = 206;
      part = ranges->front();
      plan.fields += "Content-Range: " + codec::print_content_range({part, size}) + "\r\n";
    } else if (ranges.code() == base::Errc::out_of_range) {
      plan.status = 416;
      part = {0, 0};
      plan.fields += "Content-Range: " + codec::print_content_range({{}, size}) + "\r\n";
    }
  }
  plan.text.assign(static_cast<std::size_t>(part.size()), '\0');
  plan.fields += "Content-Length: " + std::to_string(plan.text.size()) + "\r\n";
  return plan;
}

}  // namespace skep::origin
