/// http_plan.hpp: which answer a request for a file gets: status, representation, fields, bytes.
/// CONTRACT  pure: depends on the request and on what is known about the file, never on a socket,
///           a clock or a disk. Allocates the field text only.
/// WHY       HTTP's rules (conditions before ranges, one entity tag for each representation) are
///           where servers go wrong; as a function they can be tested with a table and fuzzed.
/// SPEC      RFC 9110 section 8.8 (validators), 12.5.3 (Accept-Encoding), 13.2.2 (the order of
///           conditions), 14 (ranges), 15; RFC 8246 (immutable); Fetch (CORS); docs/serve.md
/// LIMITS    those of net::parse_target and codec::parse_range
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/http_server.hpp"

namespace skep::origin {

enum class FileKind : std::uint8_t { missing, file, directory, unavailable };
enum class Coding : std::uint8_t { identity, gzip, brotli };

/// What the file system says about a path.
struct FileFacts {
  FileKind kind = FileKind::missing;
  net::FileStamp stamp;  ///< of the file itself
  std::optional<net::FileStamp> brotli;
  std::optional<net::FileStamp> gzip;
  /// Cache-Control, as the site's author wants it; empty: nothing was said.
  std::string cache = {};
};

/// Where a request leads, before any disk is asked.
enum class RouteKind : std::uint8_t { file, healthz, metrics, tracker, refused };
struct Route {
  RouteKind kind = RouteKind::refused;
  int status = 0;         ///< of refused
  std::string path;       ///< decoded; "index.html" already added to directories
  std::string directory;  ///< for a redirect: where the path as a directory would be
};

struct HttpPlan {
  int status = 200;
  std::string fields;
  Coding coding = Coding::identity;
  net::ByteRange part;     ///< of the coded representation
  bool with_file = false;  ///< the body is `part` of the file
  /// Several ranges instead, as multipart/byteranges; `text` ends it.
  std::vector<net::HttpPart> parts;
  std::string text;  ///< otherwise this
  bool head_only = false;
};

/// Decides by method and target alone.
Route route_request(const net::HttpRequest& request);

/// True for paths that are never served, whatever is on the disk: dot files (but .well-known), the
/// publisher's own files (skep.toml, keys), half-written publications.
bool is_hidden(std::string_view path);

/// The answer for `path`. `not_found_page`: facts of 404.html, when the site has one; its bytes are
/// the body when the plan is 404 with a file.
HttpPlan decide_response(const net::HttpRequest& request, const Route& route,
                         const FileFacts& facts, const FileFacts& not_found_page = {});

/// A short answer in plain text (or nothing, for 204 and 304).
HttpPlan plain_plan(const net::HttpRequest& request, int status);
/// A JSON document made by the server itself.
HttpPlan json_plan(const net::HttpRequest& request, std::string json, std::string_view cache);

/// A text of the server's own that no other origin may read and nobody keeps.
HttpPlan text_plan(const net::HttpRequest& request, std::string text, std::string_view type);

/// The Cache-Control of a path that Skep itself decides, or empty.
std::string_view cache_control_of(std::string_view path);

/// A strong entity tag, with its quotes.
std::string etag_of(const net::FileStamp& stamp, Coding coding);

}  // namespace skep::origin
