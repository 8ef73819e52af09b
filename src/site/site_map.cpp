// site_map.cpp: read and write `skep`. What is accepted has one spelling, so that the same site
// always has the same info-hash.
#include "site/site_map.hpp"

#include <algorithm>
#include <map>

#include "base/limits.hpp"
#include "base/sort.hpp"
#include "codec/bencode_writer.hpp"
#include "site/url_path.hpp"

namespace skep::site {
namespace {

using base::Errc;
using base::fail;
using base::FileIndex;
using base::Result;
using base::Status;
using codec::BencodeKind;
using codec::BencodeNode;

/// Field values that can be written into a response as they are: RFC 9110 section 5.5, ASCII only.
Status check_header_value(std::string_view value, std::size_t at) {
  if (value.empty()) return fail(Errc::bad_value, "empty header value", at);
  if (value.size() > kHeaderValueMax)
    return fail(Errc::limit_exceeded, "header value too long", at);
  for (const char c : value)
    if (c < 0x20 || c > 0x7e) return fail(Errc::bad_value, "character in a header value", at);
  if (value.front() == ' ' || value.back() == ' ')
    return fail(Errc::bad_value, "space around a header value", at);
  return base::ok();
}

/// An optional header; `out` is left alone when it is absent.
Status read_header(BencodeNode dict, std::string_view key, std::string& out) {
  const auto node = dict.find(key);
  if (!node) return base::ok();
  SKEP_TRY(const std::string_view value, node->text());
  SKEP_CHECK(check_header_value(value, node->offset()));
  out = value;
  return base::ok();
}

Status read_class(BencodeNode dict, FileClass& out) {
  SKEP_TRY(const std::string_view type, dict.require_text("type"));
  SKEP_CHECK(check_header_value(type, dict.offset()));
  out.type = type;
  SKEP_CHECK(read_header(dict, "encoding", out.encoding));
  return read_header(dict, "cache", out.cache);
}

Status read_classes(BencodeNode list, SiteMap& map) {
  for (const BencodeNode item : list.items()) {
    if (map.classes.size() == kClassesMax)
      return fail(Errc::limit_exceeded, "too many classes", item.offset());
    SKEP_CHECK(read_class(item, map.classes.emplace_back()));
  }
  std::vector<const FileClass*> sorted(map.classes.size());
  for (std::size_t i = 0; i < sorted.size(); ++i) sorted[i] = &map.classes[i];
  base::sort(sorted, [](const FileClass* a, const FileClass* b) { return *a < *b; });
  for (std::size_t i = 1; i < sorted.size(); ++i)
    if (*sorted[i - 1] == *sorted[i]) return fail(Errc::duplicate, "a class twice", list.offset());
  return base::ok();
}

Status read_files(BencodeNode list, std::size_t count, SiteMap& map) {
  std::size_t used = 0;
  std::size_t file = 0;
  map.class_of_file = std::vector<std::uint16_t>(count);
  for (const BencodeNode item : list.items()) {
    if (file == count)
      return fail(Errc::out_of_range, "more classes of files than files", item.offset());
    SKEP_TRY(const std::int64_t number, item.integer());
    if (number < 0 || static_cast<std::uint64_t>(number) >= map.classes.size())
      return fail(Errc::out_of_range, "no such class", item.offset());
    const auto index = static_cast<std::size_t>(number);
    if (index > used)
      return fail(Errc::not_canonical, "classes not in order of first use", item.offset());
    used = std::max(used, index + 1);
    map.class_of_file[file++] = static_cast<std::uint16_t>(index);
  }
  if (file != count)
    return fail(Errc::out_of_range, "fewer classes of files than files", list.offset());
  if (used != map.classes.size())
    return fail(Errc::not_canonical, "a class that no file has", list.offset());
  return base::ok();
}

/// The files' own URLs, ascending. A form and what it is a form of cannot both be there.
Result<std::vector<std::string_view>> own_urls(std::span<const std::string_view> paths,
                                               const SiteMap& map) {
  std::vector<std::string_view> urls(paths.begin(), paths.end());
  for (std::size_t i = 0; i < urls.size(); ++i) {
    const FileClass& headers = map.classes[map.class_of_file[i]];
    urls[i] = url_of(urls[i], headers);
    if (headers.encoding == kSwarmEncoding && (urls[i] == paths[i] || urls[i].ends_with('/')))
      return fail(Errc::bad_value, "a swarm form without its suffix");
  }
  base::sort(urls);
  for (std::size_t i = 1; i < urls.size(); ++i)
    if (urls[i - 1] == urls[i]) return fail(Errc::duplicate, "two files of one URL");
  return urls;
}

Status read_aliases(BencodeNode dict, const std::vector<std::string_view>& sorted, SiteMap& map) {
  for (const auto& [path, value] : dict.entries()) {
    if (map.aliases.size() == base::kFilesMax)
      return fail(Errc::limit_exceeded, "too many URLs", value.offset());
    SKEP_CHECK(check_url_path(path));
    SKEP_TRY(const std::int64_t file, value.integer());
    if (file < 0 || static_cast<std::uint64_t>(file) >= sorted.size())
      return fail(Errc::out_of_range, "a URL names no file", value.offset());
    if (std::binary_search(sorted.begin(), sorted.end(), path))
      return fail(Errc::duplicate, "a URL is a file's own path", value.offset());
    map.aliases.push_back({std::string(path), FileIndex(static_cast<std::uint32_t>(file))});
  }
  return base::ok();
}

SiteMap plain_map(std::size_t files) {
  SiteMap map;
  if (files > 0) map.classes.emplace_back().type = "application/octet-stream";
  map.class_of_file = std::vector<std::uint16_t>(files);
  return map;
}

std::vector<std::string_view> paths_of(const torrent::Info& info) {
  std::vector<std::string_view> paths(info.files.size());
  for (std::size_t i = 0; i < paths.size(); ++i) paths[i] = info.files[i].path;
  return paths;
}

bool by_path(const UrlAlias& a, const UrlAlias& b) { return a.path < b.path; }

}  // namespace

std::string_view url_of(std::string_view path, const FileClass& headers) {
  const bool form = headers.encoding == kSwarmEncoding && path.ends_with(kSwarmSuffix) &&
                    path.size() > kSwarmSuffix.size();
  return form ? path.substr(0, path.size() - kSwarmSuffix.size()) : path;
}

SiteMap make_site_map(std::span<const FileClass> files, std::vector<UrlAlias> aliases) {
  SiteMap map;
  std::map<FileClass, std::uint16_t> numbers;
  for (const FileClass& headers : files) {
    const auto [found, added] =
        numbers.try_emplace(headers, static_cast<std::uint16_t>(map.classes.size()));
    if (added) {
      SKEP_ASSERT(map.classes.size() < kClassesMax);
      map.classes.push_back(headers);
    }
    map.class_of_file.push_back(found->second);
  }
  base::sort(aliases, by_path);
  map.aliases = std::move(aliases);
  return map;
}

base::Bytes encode_site_map(const SiteMap& map) {
  codec::BencodeWriter writer;
  writer.begin_dict().key("classes").begin_list();
  for (const FileClass& headers : map.classes) {
    writer.begin_dict();
    if (!headers.cache.empty()) writer.key("cache").text(headers.cache);
    if (!headers.encoding.empty()) writer.key("encoding").text(headers.encoding);
    writer.key("type").text(headers.type).end();
  }
  writer.end().key("files").begin_list();
  for (const std::uint16_t number : map.class_of_file) writer.integer(number);
  writer.end();
  if (!map.aliases.empty()) {
    writer.key("urls").begin_dict();
    for (const UrlAlias& alias : map.aliases)
      writer.key(alias.path).integer(static_cast<std::int64_t>(alias.file.value));
    writer.end();
  }
  writer.key("v").integer(1).end();
  return writer.take();
}

Result<SiteMap> parse_site_map(std::optional<BencodeNode> skep,
                               std::span<const std::string_view> paths) {
  if (!skep) return plain_map(paths.size());
  SiteMap map;
  SKEP_TRY(const std::int64_t version, skep->require_integer("v"));
  if (version != 1) return fail(Errc::unsupported, "site map of an unknown version");
  SKEP_TRY(const BencodeNode classes, skep->require_kind("classes", BencodeKind::list));
  SKEP_CHECK(read_classes(classes, map));
  SKEP_TRY(const BencodeNode files, skep->require_kind("files", BencodeKind::list));
  SKEP_CHECK(read_files(files, paths.size(), map));
  SKEP_TRY(const auto own, own_urls(paths, map));
  if (const auto urls = skep->find("urls")) {
    if (!urls->is(BencodeKind::dict)) return fail(Errc::wrong_type, "urls is no dictionary");
    SKEP_CHECK(read_aliases(*urls, own, map));
  }
  return map;
}

Result<SiteMap> parse_site_map(const torrent::Info& info) {
  const std::vector<std::string_view> paths = paths_of(info);
  if (info.skep().empty()) return parse_site_map(std::nullopt, paths);
  SKEP_TRY(const codec::BencodeDocument document, codec::decode_bencode(info.skep()));
  return parse_site_map(document.root(), paths);
}

UrlIndex::UrlIndex(const SiteMap& map, const torrent::Info& info) : UrlIndex(map, paths_of(info)) {}

UrlIndex::UrlIndex(const SiteMap& map, std::span<const std::string_view> paths)
    : entries_(map.aliases) {
  SKEP_ASSERT(paths.size() == map.file_count());
  entries_.reserve(entries_.size() + paths.size());
  for (std::uint32_t i = 0; i < paths.size(); ++i) {
    const FileIndex file(i);
    entries_.push_back({std::string(url_of(paths[i], map.headers_of(file))), file});
  }
  base::sort(entries_, by_path);
}

std::optional<FileIndex> UrlIndex::find(std::string_view path) const {
  const auto found = std::lower_bound(
      entries_.begin(), entries_.end(), path,
      [](const UrlAlias& entry, std::string_view wanted) { return entry.path < wanted; });
  if (found == entries_.end() || found->path != path) return std::nullopt;
  return found->file;
}

}  // namespace skep::site
