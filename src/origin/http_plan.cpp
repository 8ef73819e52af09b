#include "origin/http_plan.hpp"

#include <array>
#include <charconv>

#include "origin/media_type.hpp"

namespace skep::origin {
namespace {

using net::HttpRequest;

constexpr std::string_view kWellKnown = ".well-known/skep/";
constexpr std::string_view kImmutable = "public, max-age=31536000, immutable";
constexpr std::int64_t kNsPerSecond = 1'000'000'000;

void field(std::string& to, std::string_view name, std::string_view value) {
  to.append(name).append(": ").append(value).append("\r\n");
}

bool is_html(std::string_view path) { return path.ends_with(".html") || path.ends_with(".htm"); }

std::string_view name_of(std::string_view path) { return path.substr(path.rfind('/') + 1); }

bool is_info_hash_torrent(std::string_view name) {
  constexpr std::string_view kSuffix = ".torrent";
  if (name.size() != 64 + kSuffix.size() || !name.ends_with(kSuffix)) return false;
  return name.substr(0, 64).find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// What every answer about a public file carries, so that other origins may read it (web seeds).
void public_fields(std::string& to) {
  field(to, "Access-Control-Allow-Origin", "*");
  field(to, "Access-Control-Expose-Headers",
        "Accept-Ranges, Content-Encoding, Content-Length, Content-Range, ETag");
  field(to, "X-Content-Type-Options", "nosniff");
}

Coding choose_coding(const HttpRequest& request, const FileFacts& facts, bool ranged) {
  if (ranged || (!facts.brotli && !facts.gzip) || request.accept_encoding.empty())
    return Coding::identity;
  const net::AcceptedCodings accepted = net::parse_accept_encoding(request.accept_encoding);
  const int brotli = facts.brotli ? accepted.brotli : 0;
  const int gzip = facts.gzip ? accepted.gzip : 0;
  if (brotli > 0 && brotli >= gzip && brotli >= accepted.identity) return Coding::brotli;
  if (gzip > 0 && gzip >= accepted.identity) return Coding::gzip;
  return Coding::identity;  // also when nothing is acceptable: RFC 9110 §12.5.3 leaves that to us
}

const net::FileStamp& stamp_of(const FileFacts& facts, Coding coding) {
  if (coding == Coding::brotli) return *facts.brotli;
  if (coding == Coding::gzip) return *facts.gzip;
  return facts.stamp;
}

enum class Condition : std::uint8_t { go_on, not_modified, failed };

/// RFC 9110 §13.2.2, steps 1 to 4.
Condition check_conditions(const HttpRequest& request, std::string_view etag,
                           std::int64_t modified_s) {
  if (!request.if_match.empty()) {
    if (!net::names_etag(request.if_match, etag, false)) return Condition::failed;
  } else if (!request.if_unmodified_since.empty()) {
    const auto date = net::parse_http_date(request.if_unmodified_since);
    if (date && modified_s > *date) return Condition::failed;
  }
  if (!request.if_none_match.empty())
    return net::names_etag(request.if_none_match, etag, true) ? Condition::not_modified
                                                              : Condition::go_on;
  if (!request.if_modified_since.empty()) {
    const auto date = net::parse_http_date(request.if_modified_since);
    if (date && modified_s <= *date) return Condition::not_modified;
  }
  return Condition::go_on;
}

/// RFC 9110 §13.1.5: a range is only for the representation that the client has a part of.
bool if_range_holds(std::string_view value, std::string_view etag, std::int64_t modified_s) {
  if (value.empty()) return true;
  if (value.front() == '"') return value == etag;
  const auto date = net::parse_http_date(value);
  return date && *date == modified_s;
}

std::string number(std::uint64_t value) { return std::to_string(value); }

/// Paths whose caching is part of how Skep works, not the author's to decide.
bool is_skeps_own(std::string_view path) {
  return path.starts_with(kWellKnown) || path == "skep.js" || path == "skep-sw.js";
}

/// multipart/byteranges (RFC 9110 §14.6). The boundary is made of the entity tag: the file would
/// have to contain its own inode and time of change to be mistaken.
void put_parts(HttpPlan& plan, const std::vector<net::ByteRange>& ranges, std::string_view type,
               std::string_view etag, std::uint64_t size) {
  const std::string boundary = "skep-" + std::string(etag.substr(1, etag.size() - 2));
  std::uint64_t length = 0;
  for (const net::ByteRange& range : ranges) {
    net::HttpPart part{"\r\n--" + boundary + "\r\n", range};
    field(part.before, "Content-Type", type);
    field(part.before, "Content-Range", codec::print_content_range({range, size}));
    part.before += "\r\n";
    length += part.before.size() + range.size();
    plan.parts.push_back(std::move(part));
  }
  plan.text = "\r\n--" + boundary + "--\r\n";
  field(plan.fields, "Content-Type", "multipart/byteranges; boundary=" + boundary);
  field(plan.fields, "Content-Length", number(length + plan.text.size()));
}

HttpPlan file_plan(const HttpRequest& request, std::string_view path, const FileFacts& facts) {
  HttpPlan plan;
  plan.head_only = request.method == "HEAD";
  const std::uint64_t identity_size = facts.stamp.size;
  // RFC 9110 §14.2: Range is defined for GET only.
  base::Result<std::vector<net::ByteRange>> ranges =
      base::fail(base::Errc::unsupported, "no Range");
  if (request.method == "GET" && !request.range.empty())
    ranges = codec::parse_range(request.range, identity_size);
  const bool unsatisfiable = !ranges && ranges.code() == base::Errc::out_of_range;
  bool ranged = ranges || unsatisfiable;  // what cannot be understood is as if it were not there
  plan.coding = choose_coding(request, facts, ranged);
  const net::FileStamp& stamp = stamp_of(facts, plan.coding);
  const std::string etag = etag_of(stamp, plan.coding);
  const std::int64_t modified_s = facts.stamp.mtime_ns / kNsPerSecond;

  const Condition condition = check_conditions(request, etag, modified_s);
  if (condition == Condition::failed) return plain_plan(request, 412);
  field(plan.fields, "ETag", etag);
  field(plan.fields, "Last-Modified", net::print_http_date(modified_s));
  std::string_view cache = cache_control_of(path);
  if (!facts.cache.empty() && !is_skeps_own(path)) cache = facts.cache;
  if (!cache.empty()) field(plan.fields, "Cache-Control", cache);
  if (facts.brotli || facts.gzip) field(plan.fields, "Vary", "Accept-Encoding");
  public_fields(plan.fields);
  if (condition == Condition::not_modified) {
    plan.status = 304;
    return plan;
  }

  ranged = ranged && if_range_holds(request.if_range, etag, modified_s);
  field(plan.fields, "Accept-Ranges", "bytes");
  if (ranged && unsatisfiable) {
    plan.status = 416;
    field(plan.fields, "Content-Range", "bytes */" + number(identity_size));
    field(plan.fields, "Content-Length", "0");
    return plan;
  }
  plan.with_file = true;
  plan.part = {0, stamp.size};
  const std::string_view type = media_type_of(path).name;
  if (ranged) {
    plan.status = 206;
    const auto parts = codec::coalesce_ranges(std::move(*ranges));
    if (parts.size() > 1) {
      put_parts(plan, parts, type, etag, identity_size);
      return plan;
    }
    plan.part = parts.front();
    field(plan.fields, "Content-Range", codec::print_content_range({plan.part, identity_size}));
  }
  field(plan.fields, "Content-Type", type);
  if (plan.coding != Coding::identity)
    field(plan.fields, "Content-Encoding", plan.coding == Coding::brotli ? "br" : "gzip");
  field(plan.fields, "Content-Length", number(plan.part.end - plan.part.begin));
  return plan;
}

HttpPlan not_found_plan(const HttpRequest& request, const FileFacts& page) {
  if (page.kind != FileKind::file) return plain_plan(request, 404);
  HttpPlan plan;
  plan.status = 404;
  plan.with_file = true;
  plan.head_only = request.method == "HEAD";
  plan.part = {0, page.stamp.size};
  field(plan.fields, "Content-Type", media_type_of("404.html").name);
  field(plan.fields, "Content-Length", number(page.stamp.size));
  field(plan.fields, "Cache-Control", "no-cache");
  public_fields(plan.fields);
  return plan;
}

HttpPlan preflight_plan(const HttpRequest& request) {
  HttpPlan plan;
  plan.status = 204;
  field(plan.fields, "Allow", "GET, HEAD, OPTIONS");
  field(plan.fields, "Access-Control-Allow-Origin", "*");
  if (!request.request_method.empty()) {
    field(plan.fields, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
    field(plan.fields, "Access-Control-Allow-Headers",
          "Range, If-Range, If-None-Match, If-Modified-Since, Cache-Control, User-Agent, Skep");
    field(plan.fields, "Access-Control-Max-Age", "86400");
  }
  return plan;
}

/// The last segment with "./" before and "/" behind: relative, so that it works below a sub-path of
/// a proxy, and cannot name another host.
std::string redirect_of(std::string_view path) {
  return "./" + net::encode_segment(name_of(path)) + "/";
}

const char* reason_of(int status) {
  switch (status) {
    case 301:
      return "Moved Permanently";
    case 400:
      return "Bad Request";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 412:
      return "Precondition Failed";
    case 414:
      return "URI Too Long";
    case 426:
      return "Upgrade Required";
    case 503:
      return "Service Unavailable";
    default:
      return "Error";
  }
}

}  // namespace

std::string_view cache_control_of(std::string_view path) {
  if (path.starts_with(kWellKnown)) {
    const std::string_view rest = path.substr(kWellKnown.size());
    if (rest == "latest") return "no-store";
    if (rest.starts_with("rt/") || is_info_hash_torrent(rest)) return kImmutable;
    return "no-cache";
  }
  if (path == "skep.js" || path == "skep-sw.js" || is_html(path)) return "no-cache";
  return {};
}

std::string etag_of(const net::FileStamp& stamp, Coding coding) {
  std::string out = "\"";
  for (const std::uint64_t part :
       {static_cast<std::uint64_t>(stamp.mtime_ns), stamp.size, stamp.inode}) {
    std::array<char, 16> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), part, 16).ptr;
    if (out.size() > 1) out += '-';
    out.append(text.data(), end);
  }
  out += coding == Coding::brotli ? "-br\"" : coding == Coding::gzip ? "-gz\"" : "\"";
  return out;
}

bool is_hidden(std::string_view path) {
  while (!path.empty()) {
    const std::size_t slash = path.find('/');
    const std::string_view name = path.substr(0, slash);
    if (name.starts_with('.') && name != ".well-known") return true;
    if (name == "skep.toml" || name.starts_with("skep.toml.")) return true;
    if (name.ends_with(".key") || name.ends_with(".skepkey")) return true;
    if (name.find(".publishing-") != std::string_view::npos) return true;
    if (slash == std::string_view::npos) break;
    path.remove_prefix(slash + 1);
  }
  return false;
}

Route route_request(const HttpRequest& request) {
  Route route;
  const bool reads = request.method == "GET" || request.method == "HEAD";
  if (!reads && request.method != "OPTIONS") {
    route.status = 405;
    return route;
  }
  if (request.target == "*" && request.method == "OPTIONS") {
    route.kind = RouteKind::file;
    return route;
  }
  auto target = net::parse_target(request.target);
  if (!target) {
    route.status = target.code() == base::Errc::limit_exceeded ? 414 : 400;
    return route;
  }
  std::string& path = target->path;
  constexpr std::string_view kTracker = ".well-known/skep/tracker";
  if (path == "healthz")
    route.kind = RouteKind::healthz;
  else if (path == "metrics")
    route.kind = RouteKind::metrics;  // and a file, for those who may not see them
  else if (path == "announce" || path == kTracker ||
           (path.ends_with(kTracker) && path[path.size() - kTracker.size() - 1] == '/'))
    route.kind = RouteKind::tracker;  // and a file, for those who want no WebSocket
  else if (is_hidden(path))
    route.status = 404;
  else
    route.kind = RouteKind::file;
  if (route.kind == RouteKind::healthz || route.kind == RouteKind::refused) return route;
  route.directory =
      path.empty() || path.back() == '/' ? std::string() : redirect_of(path) + target->query;
  if (route.directory.empty()) path += "index.html";
  route.path = std::move(path);
  return route;
}

HttpPlan plain_plan(const HttpRequest& request, int status) {
  HttpPlan plan;
  plan.status = status;
  plan.head_only = request.method == "HEAD";
  plan.text = std::to_string(status) + " " + reason_of(status) + "\n";
  field(plan.fields, "Content-Type", "text/plain; charset=utf-8");
  field(plan.fields, "Content-Length", number(plan.text.size()));
  field(plan.fields, "Cache-Control", status == 503 ? "no-store" : "no-cache");
  if (status == 405) field(plan.fields, "Allow", "GET, HEAD, OPTIONS");
  if (status == 426) field(plan.fields, "Upgrade", "websocket");
  if (status == 503) field(plan.fields, "Retry-After", "2");
  public_fields(plan.fields);
  return plan;
}

HttpPlan json_plan(const HttpRequest& request, std::string json, std::string_view cache) {
  HttpPlan plan;
  plan.head_only = request.method == "HEAD";
  plan.text = std::move(json);
  field(plan.fields, "Content-Type", "application/json");
  field(plan.fields, "Content-Length", number(plan.text.size()));
  field(plan.fields, "Cache-Control", cache);
  public_fields(plan.fields);
  return plan;
}

HttpPlan text_plan(const HttpRequest& request, std::string text, std::string_view type) {
  HttpPlan plan;
  plan.head_only = request.method == "HEAD";
  plan.text = std::move(text);
  field(plan.fields, "Content-Type", type);
  field(plan.fields, "Content-Length", number(plan.text.size()));
  field(plan.fields, "Cache-Control", "no-store");
  field(plan.fields, "X-Content-Type-Options", "nosniff");
  return plan;
}

HttpPlan decide_response(const HttpRequest& request, const Route& route, const FileFacts& facts,
                         const FileFacts& not_found_page) {
  if (route.kind == RouteKind::refused)
    return route.status == 404 ? not_found_plan(request, not_found_page)
                               : plain_plan(request, route.status);
  if (request.method == "OPTIONS") return preflight_plan(request);
  switch (facts.kind) {
    case FileKind::file:
      return file_plan(request, route.path, facts);
    case FileKind::unavailable:
      return plain_plan(request, 503);
    case FileKind::directory:
      if (route.directory.empty()) break;
      {
        HttpPlan plan = plain_plan(request, 301);
        field(plan.fields, "Location", route.directory);
        return plan;
      }
    case FileKind::missing:
      break;
  }
  return not_found_plan(request, not_found_page);
}

}  // namespace skep::origin
