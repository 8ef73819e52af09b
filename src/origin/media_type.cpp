#include "origin/media_type.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace skep::origin {
namespace {

struct Row {
  std::string_view extension;
  MediaType type;
};

// Ascending by extension. Text is UTF-8 on the web; a page that is not says so inside itself.
constexpr auto kTypes = std::to_array<Row>({
    {"3gp", {"video/3gpp", false}},
    {"7z", {"application/x-7z-compressed", false}},
    {"aac", {"audio/aac", false}},
    {"apng", {"image/apng", false}},
    {"atom", {"application/atom+xml", true}},
    {"avi", {"video/x-msvideo", false}},
    {"avif", {"image/avif", false}},
    {"bin", {"application/octet-stream", true}},
    {"bmp", {"image/bmp", true}},
    {"br", {"application/octet-stream", false}},
    {"bz2", {"application/x-bzip2", false}},
    {"cfg", {"text/plain; charset=utf-8", true}},
    {"css", {"text/css; charset=utf-8", true}},
    {"csv", {"text/csv; charset=utf-8", true}},
    {"data", {"application/octet-stream", true}},
    {"deb", {"application/vnd.debian.binary-package", false}},
    {"doc", {"application/msword", true}},
    {"docx", {"application/vnd.openxmlformats-officedocument.wordprocessingml.document", false}},
    {"eot", {"application/vnd.ms-fontobject", true}},
    {"epub", {"application/epub+zip", false}},
    {"flac", {"audio/flac", false}},
    {"geojson", {"application/geo+json", true}},
    {"gif", {"image/gif", false}},
    {"glb", {"model/gltf-binary", true}},
    {"gltf", {"model/gltf+json", true}},
    {"gz", {"application/gzip", false}},
    {"htm", {"text/html", true}},
    {"html", {"text/html", true}},
    {"ico", {"image/vnd.microsoft.icon", true}},
    {"ics", {"text/calendar; charset=utf-8", true}},
    {"ini", {"text/plain; charset=utf-8", true}},
    {"jar", {"application/java-archive", false}},
    {"jpeg", {"image/jpeg", false}},
    {"jpg", {"image/jpeg", false}},
    {"js", {"text/javascript; charset=utf-8", true}},
    {"json", {"application/json", true}},
    {"jsonld", {"application/ld+json", true}},
    {"jxl", {"image/jxl", false}},
    {"ktx2", {"image/ktx2", false}},
    {"m3u8", {"application/vnd.apple.mpegurl", true}},
    {"m4a", {"audio/mp4", false}},
    {"m4s", {"video/iso.segment", false}},
    {"m4v", {"video/mp4", false}},
    {"map", {"application/json", true}},
    {"md", {"text/markdown; charset=utf-8", true}},
    {"mid", {"audio/midi", true}},
    {"mjs", {"text/javascript; charset=utf-8", true}},
    {"mkv", {"video/matroska", false}},
    {"mov", {"video/quicktime", false}},
    {"mp3", {"audio/mpeg", false}},
    {"mp4", {"video/mp4", false}},
    {"mpd", {"application/dash+xml", true}},
    {"mpeg", {"video/mpeg", false}},
    {"obj", {"model/obj", true}},
    {"oga", {"audio/ogg", false}},
    {"ogg", {"audio/ogg", false}},
    {"ogv", {"video/ogg", false}},
    {"opus", {"audio/ogg", false}},
    {"otf", {"font/otf", true}},
    {"pdf", {"application/pdf", false}},
    {"ply", {"application/octet-stream", true}},
    {"png", {"image/png", false}},
    {"ppt", {"application/vnd.ms-powerpoint", true}},
    {"pptx", {"application/vnd.openxmlformats-officedocument.presentationml.presentation", false}},
    {"ps", {"application/postscript", true}},
    {"rar", {"application/vnd.rar", false}},
    {"rss", {"application/rss+xml", true}},
    {"rtf", {"application/rtf", true}},
    {"sql", {"application/sql", true}},
    {"sqlite", {"application/vnd.sqlite3", true}},
    {"stl", {"model/stl", true}},
    {"svg", {"image/svg+xml", true}},
    {"svgz", {"image/svg+xml", false}},
    {"swf", {"application/x-shockwave-flash", false}},
    {"tar", {"application/x-tar", true}},
    {"tga", {"image/x-tga", true}},
    {"tgz", {"application/gzip", false}},
    {"tif", {"image/tiff", true}},
    {"tiff", {"image/tiff", true}},
    {"toml", {"application/toml", true}},
    {"ts", {"video/mp2t", false}},
    {"ttc", {"font/collection", true}},
    {"ttf", {"font/ttf", true}},
    {"txt", {"text/plain; charset=utf-8", true}},
    {"vtt", {"text/vtt; charset=utf-8", true}},
    {"wasm", {"application/wasm", true}},
    {"wav", {"audio/wav", true}},
    {"weba", {"audio/webm", false}},
    {"webm", {"video/webm", false}},
    {"webmanifest", {"application/manifest+json", true}},
    {"webp", {"image/webp", false}},
    {"woff", {"font/woff", false}},
    {"woff2", {"font/woff2", false}},
    {"xhtml", {"application/xhtml+xml", true}},
    {"xls", {"application/vnd.ms-excel", true}},
    {"xlsx", {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", false}},
    {"xml", {"application/xml", true}},
    {"xsl", {"application/xslt+xml", true}},
    {"xz", {"application/x-xz", false}},
    {"yaml", {"application/yaml", true}},
    {"yml", {"application/yaml", true}},
    {"zip", {"application/zip", false}},
    {"zst", {"application/zstd", false}},
});

constexpr bool ascending() {
  for (std::size_t i = 1; i < kTypes.size(); ++i)
    if (!(kTypes[i - 1].extension < kTypes[i].extension)) return false;
  return true;
}
static_assert(ascending());

}  // namespace

MediaType media_type_of(std::string_view path) {
  constexpr MediaType kUnknown{"application/octet-stream", false};
  const std::size_t slash = path.rfind('/');
  const std::string_view name = slash == path.npos ? path : path.substr(slash + 1);
  const std::size_t dot = name.rfind('.');
  if (dot == name.npos || dot == 0) return kUnknown;
  std::string extension(name.substr(dot + 1));
  for (char& c : extension)
    if ('A' <= c && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  const auto found = std::lower_bound(
      kTypes.begin(), kTypes.end(), extension,
      [](const Row& row, const std::string& wanted) { return row.extension < wanted; });
  return found != kTypes.end() && found->extension == extension ? found->type : kUnknown;
}

}  // namespace skep::origin
