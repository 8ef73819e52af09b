#include "origin/show.hpp"

#include <array>
#include <cstdio>
#include <ctime>
#include <stdexcept>

#include "codec/hex.hpp"
#include "origin/key_file.hpp"
#include "origin/publish_file.hpp"
#include "origin/signature.hpp"
#include "site/site_map.hpp"
#include "torrent/magnet.hpp"
#include "torrent/metainfo.hpp"
#include "torrent/v1_half.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

std::string hex(base::ByteView bytes) { return codec::encode_hex(bytes); }

json describe_pointer(base::ByteView file, const site::Pointer& pointer) {
  json hashes = json::array();
  for (const auto& hash : pointer.info_hashes) hashes.push_back(hex(hash.view()));
  return {{"kind", "pointer"},
          {"key", hex(pointer.key.view())},
          {"seq", pointer.seq},
          {"expires", pointer.expires_s},
          {"expired", pointer.expires_s <= std::time(nullptr)},
          {"switched_off", pointer.state != site::Switch::on},
          {"signature_valid", open_pointer(file).has_value()},
          {"info_hashes", hashes}};
}

json describe_files(const torrent::Info& info, const site::SiteMap& map) {
  json files = json::array();
  for (std::size_t i = 0; i < info.files.size(); ++i) {
    const torrent::File& file = info.files[i];
    const site::FileClass& headers = map.headers_of(base::FileIndex(static_cast<std::uint32_t>(i)));
    json row = {{"path", file.path}, {"size", file.size}, {"type", headers.type}};
    if (file.size > 0) row["root"] = hex(file.root.view());
    if (!headers.encoding.empty()) row["encoding"] = headers.encoding;
    if (!headers.cache.empty()) row["cache"] = headers.cache;
    files.push_back(std::move(row));
  }
  return files;
}

/// Hashes, name and where to start: everything that the .torrent itself would say.
std::string magnet_of(const torrent::Metainfo& metainfo) {
  torrent::Magnet magnet;
  magnet.v2 = metainfo.info.hash;
  if (metainfo.info.hybrid) magnet.v1 = torrent::v1_info_hash(metainfo.info);
  magnet.name = metainfo.info.name;
  for (const auto& tier : metainfo.trackers)
    magnet.trackers.insert(magnet.trackers.end(), tier.begin(), tier.end());
  magnet.web_seeds = metainfo.web_seeds;
  return torrent::print_magnet(magnet);
}

json describe_torrent(const torrent::Metainfo& metainfo, std::size_t size) {
  const torrent::Info& info = metainfo.info;
  const auto map = site::parse_site_map(info);
  if (!map.has_value())
    throw std::runtime_error(std::string("its site map is damaged: ") + map.error().what);
  std::uint64_t bytes = 0;
  for (const torrent::File& file : info.files) bytes += file.size;
  json urls = json::object();
  for (const site::UrlAlias& alias : map->aliases)
    urls[alias.path] = info.files[alias.file.value].path;
  return {
      {"kind", "torrent"},
      {"info_hash", hex(info.hash.view())},
      {"v1_info_hash", info.hybrid ? json(hex(torrent::v1_info_hash(info).view())) : json(nullptr)},
      {"magnet", magnet_of(metainfo)},
      {"name", info.name},
      {"piece_length", info.piece_length},
      {"pieces", info.pieces},
      {"hybrid", info.hybrid},
      {"site_map", !info.skep().empty()},
      {"size", bytes},
      {"metadata_size", size},
      {"trackers", metainfo.trackers},
      {"web_seeds", metainfo.web_seeds},
      {"urls", urls},
      {"files", describe_files(info, *map)}};
}

json describe_file(const fs::path& path) {
  const base::Bytes bytes = read_file(path, base::kMetainfoSizeMax);
  const auto pointer = site::decode_pointer(bytes);
  if (pointer.has_value()) return describe_pointer(bytes, *pointer);
  const auto metainfo = torrent::parse_metainfo(bytes);
  if (metainfo.has_value()) return describe_torrent(*metainfo, bytes.size());
  const json object = json::parse(bytes.begin(), bytes.end(), nullptr, false);
  if (object.is_object() && object.contains("secret")) {
    const LoadedKey loaded = read_key_file(path);
    return {{"kind", "key"}, {"public", hex(loaded.key.public_key.view())}};
  }
  if (!bytes.empty() && bytes.front() == 'd')
    throw std::runtime_error(path.string() + ": no torrent (" + metainfo.error().what +
                             ") and no pointer (" + pointer.error().what + ")");
  throw std::runtime_error(path.string() + ": no torrent, pointer, key or publication");
}

json describe_publication(const fs::path& path) {
  const fs::path skep = path / ".well-known/skep";
  if (!fs::exists(skep / "latest"))
    throw std::runtime_error(path.string() + " is no publication: no .well-known/skep/latest");
  json out = {{"kind", "publication"}, {"pointer", describe_file(skep / "latest")}};
  json torrents = json::array();
  for (const auto& hash : out["pointer"]["info_hashes"])
    torrents.push_back(describe_file(skep / (hash.get<std::string>() + ".torrent")));
  out["torrents"] = torrents;
  return out;
}

std::string line(const std::string& label, const std::string& value) {
  std::string out = "  " + label;
  out.append(label.size() < 14 ? 14 - label.size() : 1, ' ');
  return out + value + "\n";
}

std::string print_pointer(const json& p) {
  std::string out =
      "pointer\n" + line("key", p["key"]) + line("seq", p["seq"].dump()) +
      line("expires", print_time(p["expires"]) + (p["expired"].get<bool>() ? "  EXPIRED" : "")) +
      line("signature", p["signature_valid"].get<bool>() ? "valid" : "NOT VALID");
  for (const auto& hash : p["info_hashes"]) out += line("info-hash", hash);
  return out;
}

std::string print_torrent(const json& t, std::size_t files_max) {
  std::string out =
      "torrent " + t["name"].get<std::string>() + "\n" + line("info-hash", t["info_hash"]) +
      (t["hybrid"].get<bool>() ? line("v1 info-hash", t["v1_info_hash"]) : "") +
      line("content", std::to_string(t["files"].size()) + " files, " + print_bytes(t["size"])) +
      line("metadata", print_bytes(t["metadata_size"])) +
      line("pieces", t["pieces"].dump() + " of " + print_bytes(t["piece_length"]));
  for (const auto& tier : t["trackers"])
    for (const auto& url : tier) out += line("tracker", url);
  for (const auto& url : t["web_seeds"]) out += line("web seed", url);
  out += line("magnet", t["magnet"]);
  std::size_t listed = 0;
  for (const auto& file : t["files"]) {
    if (listed++ == files_max) {
      out += "  … and " + std::to_string(t["files"].size() - files_max) + " more\n";
      break;
    }
    std::string size = print_bytes(file["size"]);
    size.insert(0, size.size() < 10 ? 10 - size.size() : 0, ' ');
    out += "  " + size + "  " + file["path"].get<std::string>() + "  (" +
           file["type"].get<std::string>() + ")\n";
  }
  return out;
}

}  // namespace

json describe(const fs::path& path) {
  return fs::is_directory(path) ? describe_publication(path) : describe_file(path);
}

std::string print_human(const json& description, std::size_t files_max) {
  const std::string kind = description["kind"];
  if (kind == "pointer") return print_pointer(description);
  if (kind == "torrent") return print_torrent(description, files_max);
  if (kind == "key") return "key\n" + line("public", description["public"]);
  std::string out = print_pointer(description["pointer"]);
  for (const auto& torrent : description["torrents"]) out += print_torrent(torrent, files_max);
  return out;
}

std::string print_bytes(std::uint64_t bytes) {
  constexpr std::array<const char*, 5> kUnits = {"B", "kB", "MB", "GB", "TB"};
  auto value = static_cast<double>(bytes);
  std::size_t unit = 0;
  while (value >= 1000 && unit + 1 < kUnits.size()) {
    value /= 1000;
    ++unit;
  }
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), unit == 0 ? "%.0f %s" : "%.1f %s", value, kUnits[unit]);
  return text.data();
}

std::string print_time(std::int64_t unix_s) {
  const std::time_t time = unix_s;
  std::tm parts{};
  std::array<char, 40> text{};
  if (::gmtime_r(&time, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
    return std::to_string(unix_s);
  return text.data();
}

}  // namespace skep::origin
