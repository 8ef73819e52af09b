// The audit of a directory: a publication, or a site that could become one.
#include <algorithm>
#include <set>

#include "codec/hex.hpp"
#include "origin/audit.hpp"
#include "origin/body_coding.hpp"
#include "origin/http_plan.hpp"
#include "origin/inject.hpp"
#include "origin/labels_toml.hpp"
#include "origin/media_type.hpp"
#include "origin/publish_file.hpp"
#include "origin/publish_scan.hpp"
#include "origin/signature.hpp"
#include "site/site_map.hpp"
#include "torrent/metainfo.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSkep = ".well-known/skep/";

class Directory {
 public:
  explicit Directory(const fs::path& root) : root_(root) {}

  Observed run() {
    published_ = fs::exists(root_ / kSkep / "latest");
    if (published_) read_publication();
    const SiteSettings settings = published_ ? SiteSettings{} : read_settings(root_);
    const site::LabelRules rules = label_rules(settings, {});
    const Scan scan = scan_site(root_, rules);
    for (const SourceFile& file : scan.files) names_.insert(file.path);
    for (const SourceFile& file : scan.files)
      if (is_asset(file.path)) out_.files.push_back(look_at(file));
    out_.notes.push_back(
        "a directory has no headers: whether browsers keep its files is the server's business; "
        "audit the URL to see");
    if (!published_)
      out_.notes.push_back("not a publication: labels as skep publish would give them");
    return std::move(out_);
  }

 private:
  void read_publication() {
    const auto pointer = open_pointer(read_file(root_ / kSkep / "latest", base::kPointerFileMax));
    if (!pointer.has_value()) {
      out_.notes.push_back("the pointer is not valid (skep verify says more): nothing is shared");
      return;
    }
    for (const auto& hash : pointer->info_hashes) {
      const fs::path path = root_ / kSkep / (codec::encode_hex(hash.view()) + ".torrent");
      if (!fs::exists(path)) continue;
      const auto info = torrent::parse_metainfo(read_file(path, base::kMetainfoSizeMax));
      if (!info.has_value()) continue;
      const auto map = site::parse_site_map(info->info);
      if (!map.has_value()) continue;
      // What peers exchange may be another form of the file that the URL names.
      for (std::uint32_t i = 0; i < info->info.files.size(); ++i)
        shared_.insert(std::string(
            site::url_of(info->info.files[i].path, map->headers_of(base::FileIndex(i)))));
    }
  }

  /// Not the runtime, the variants, and what no server hands out.
  bool is_asset(const std::string& path) const {
    if (path.starts_with(kSkep) || is_hidden(path)) return false;
    if (published_ && (path == "skep.js" || path == "skep-sw.js")) return false;
    for (const char* suffix : {".br", ".gz"})
      if (path.ends_with(suffix) && names_.contains(path.substr(0, path.size() - 3))) return false;
    return true;
  }

  AuditedFile look_at(const SourceFile& source) const {
    AuditedFile out;
    out.path = source.path;
    out.type = media_type_of(source.path).name;
    out.page = is_html_path(source.path);
    out.size = smallest_form(source);
    out.compressed = out.size;
    if (out.size == source.stamp.size) compressibility(source, out);
    out.shared = published_ ? shared_.contains(source.path) : source.label == site::Label::shared;
    if (!out.shared) judge_sharing(source, out);
    return out;
  }

  /// What a server with these variants sends to a browser.
  std::uint64_t smallest_form(const SourceFile& source) const {
    std::uint64_t size = source.stamp.size;
    for (const char* suffix : {".br", ".gz"})
      if (names_.contains(source.path + suffix))
        size = std::min<std::uint64_t>(size, fs::file_size(root_ / (source.path + suffix)));
    return size;
  }

  void compressibility(const SourceFile& source, AuditedFile& out) const {
    if (!media_type_of(source.path).compressible || out.size == 0) return;
    const InputFile file(root_ / source.path);
    base::Bytes body(std::min<std::uint64_t>(file.size(), AuditLimits().body_max));
    body.resize(file.read(0, body));
    const Compressed made = measure_compression(base::as_text(body), out.size);
    out.compressed = std::min({made.gzip, made.brotli, out.size});
    out.compressing_why = "no .br or .gz beside it (skep publish makes them)";
  }

  void judge_sharing(const SourceFile& source, AuditedFile& out) const {
    const site::Decision refusal = site::refusal_of(source.path);
    if (refusal.label != site::Label::shared) {
      out.shareable = false;
      out.sharing_why = refusal.rule;
    } else if (source.stamp.size == 0) {
      out.shareable = false;
    } else if (published_) {
      out.sharing_why = "private in this publication";
    } else {
      out.sharing_why = source.reason.empty() ? "no share rule in skep.toml matches"
                                              : "private rule \"" + source.reason + "\"";
      out.shareable = source.reason.empty();  // a rule says that somebody meant it
    }
  }

  fs::path root_;
  bool published_ = false;
  std::set<std::string> names_;
  std::set<std::string> shared_;
  Observed out_;
};

}  // namespace

Observed observe_directory(const fs::path& directory) { return Directory(directory).run(); }

}  // namespace skep::origin
