#include "origin/web_seed.hpp"

#include <charconv>

#include "net/http_fields.hpp"

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
  net::RangeChoice choice;
  if (request.method == "GET" && !request.range.empty())
    choice = net::choose_range(request.range, size);
  HttpPlan plan;
  plan.head_only = request.method == "HEAD";
  plan.part = {0, size};
  plan.fields =
      "Content-Type: application/octet-stream\r\nAccept-Ranges: bytes\r\n"
      "Access-Control-Allow-Origin: *\r\n";
  const std::string whole = std::to_string(size);
  if (choice.kind == net::RangeKind::unsatisfiable) {
    plan.status = 416;
    plan.part = {0, 0};
    plan.fields += "Content-Range: bytes */" + whole + "\r\n";
  } else if (choice.kind != net::RangeKind::whole) {
    plan.status = 206;
    plan.part = choice.range;
    plan.fields += "Content-Range: bytes " + std::to_string(plan.part.begin) + "-" +
                   std::to_string(plan.part.end - 1) + "/" + whole + "\r\n";
  }
  plan.text.assign(static_cast<std::size_t>(plan.part.end - plan.part.begin), '\0');
  plan.fields += "Content-Length: " + std::to_string(plan.text.size()) + "\r\n";
  return plan;
}

}  // namespace skep::origin
