#include "origin/publish_build.hpp"

#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <nlohmann/json.hpp>
#include <set>

#include "codec/hex.hpp"
#include "crypto/sha256.hpp"
#include "origin/compress.hpp"
#include "origin/inject.hpp"
#include "origin/media_type.hpp"
#include "site/site_map.hpp"
#include "site/url_path.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;

/// A page that is larger is data, and is copied as it is.
constexpr std::uint64_t kPageMax = 16 * 1024 * 1024;
/// Smaller files cannot save the 200 bytes that a variant must save.
constexpr std::uint64_t kCompressMin = 256;
/// Beyond this nobody sends a file compressed on the fly either; it costs minutes.
constexpr std::uint64_t kCompressMax = std::uint64_t{512} << 20;
/// Parts of the runtime that pages load when somebody asks for them.
constexpr std::string_view kOnDemand = ".well-known/skep/rt/more/";

[[noreturn]] void changed(const std::string& path) {
  throw PublishError("changed while reading: " + path + "; run again");
}

void make_directories(const Scan& scan, const fs::path& to) {
  std::set<std::string> directories;
  for (const SourceFile& file : scan.files)
    if (const auto slash = file.path.rfind('/'); slash != std::string::npos)
      directories.insert(file.path.substr(0, slash));
  for (const std::string& directory : directories) fs::create_directories(to / directory);
}

/// Gives `path` the times of the source, so that caches keep what did not change.
void keep_time(const fs::path& path, const FileStamp& stamp) {
  constexpr std::int64_t kSecond = 1'000'000'000;
  struct timespec times[2] = {{0, UTIME_OMIT},
                              {stamp.mtime_ns / kSecond, stamp.mtime_ns % kSecond}};
  if (::utimensat(AT_FDCWD, path.c_str(), times, 0) != 0) throw_errno(path);
}

/// The page with the tag written to `to`. False: it needs none, copy it.
bool copy_injected(const PublishOptions& options, const SourceFile& file, const fs::path& to) {
  const fs::path from = options.source / file.path;
  if (!is_html_path(file.path) || file.stamp.size > kPageMax) return false;
  const base::Bytes page = read_file(from, kPageMax);
  if (page.size() != file.stamp.size) changed(file.path);
  const auto with = inject_tag(
      base::as_text(page), script_tag(file.path, codec::encode_hex(options.key.public_key.view())));
  if (!with) return false;
  OutputFile out(to);
  out.write(base::as_bytes(*with));
  out.close();
  return true;
}

/// Whether a variant may stand there: no directory of the site has its name, which is no longer
/// than the file system takes.
bool is_free(const fs::path& variant) {
  std::error_code error;
  return fs::symlink_status(variant, error).type() == fs::file_type::not_found;
}

struct VariantJob {
  std::string path;
  std::uint64_t size = 0;
  Encoding encoding = Encoding::brotli;
  Effort effort = Effort::best;
};

/// Whether the site's own `path`.br or .gz is that file compressed; servers will send it as such.
bool is_variant_of(const fs::path& variant, Encoding encoding, const fs::path& original) {
  const InputFile file(original);
  std::uint64_t at = 0;
  base::Bytes there;
  const bool sound = decompress_file(variant, encoding, [&](base::ByteView made) {
    there.resize(made.size());
    if (file.read(at, there) != made.size() || !base::equal(there, made)) return false;
    at += made.size();
    return true;
  });
  return sound && at == file.size();
}

void check_own_variants(const Scan& scan, const fs::path& to) {
  std::set<std::string_view> names;
  for (const SourceFile& file : scan.files) names.insert(file.path);
  for (const SourceFile& file : scan.files)
    for (const Encoding encoding : {Encoding::brotli, Encoding::gzip}) {
      const std::string variant = file.path + std::string(suffix_of(encoding));
      if (!names.contains(variant) || is_variant_of(to / variant, encoding, to / file.path))
        continue;
      throw PublishError(variant + " is not " + file.path +
                         " compressed, but web servers would send it as that; rename or remove it");
    }
}

/// The files that may gain, the site's and the runtime's. `scan` sizes are the source's: a page
/// with the tag is a little longer.
std::vector<VariantJob> variant_jobs(const PublishOptions& options, const Scan& scan) {
  std::set<std::string_view> names;
  for (const SourceFile& file : scan.files) names.insert(file.path);
  std::vector<VariantJob> jobs;
  const auto add = [&](const std::string& path, std::uint64_t size) {
    if (!media_type_of(path).compressible || size < kCompressMin || size > kCompressMax) return;
    for (const Encoding encoding : {Encoding::brotli, Encoding::gzip})
      if (!names.contains(path + std::string(suffix_of(encoding))))
        jobs.push_back({path, size, encoding, Effort::best});
  };
  std::uint64_t bytes = 0;
  for (const SourceFile& file : scan.files) add(file.path, file.stamp.size);
  for (const VariantJob& job : jobs) bytes += job.size;
  for (VariantJob& job : jobs) job.effort = effort_for(bytes / 2);  // each file is there twice
  // The runtime is small, and every visitor loads it.
  for (const RuntimeAsset& asset : options.runtime)
    add(std::string(asset.path), asset.bytes.size());
  // The slowest first, so that no thread is left with a large one at the end.
  std::stable_sort(jobs.begin(), jobs.end(),
                   [](const VariantJob& a, const VariantJob& b) { return a.size > b.size; });
  return jobs;
}

/// RFC 3986: what a path segment may contain as it is; '/' stays.
std::string percent_encode(std::string_view path) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=@/";
  std::string out;
  for (const char c : path) {
    if (kPlain.find(c) != kPlain.npos) {
      out += c;
    } else {
      const auto byte = static_cast<base::Byte>(c);
      out += '%' + codec::encode_hex(base::ByteView(&byte, 1));
    }
  }
  return out;
}

nlohmann::json offline_entry(const std::string& path, const fs::path& root) {
  const InputFile file(root / path);
  crypto::Sha256 hash;
  base::Bytes chunk(256 * 1024);
  std::uint64_t at = 0;
  while (const std::size_t size = file.read(at, chunk)) {
    hash.update(base::ByteView(chunk).first(size));
    at += size;
  }
  return {{"url", percent_encode(path)},
          {"sha256", codec::encode_hex(hash.finish().view())},
          {"size", at}};
}

struct NamedFiles {
  std::set<std::string> paths;
  std::vector<std::string> idle;  ///< globs that name nothing
};

NamedFiles named_files(const std::vector<std::string>& globs, const Scan& scan, bool shared_only) {
  NamedFiles out;
  for (const std::string& pattern : globs) {
    const auto glob = site::Glob::parse(pattern);
    SKEP_ASSERT(glob.has_value());  // checked when skep.toml was read
    bool any = false;
    for (const SourceFile& file : scan.files) {
      if (!glob->matches(file.path)) continue;
      if (shared_only && file.label != site::Label::shared) continue;
      any = true;
      out.paths.insert(file.path);
    }
    if (!any) out.idle.push_back(pattern);
  }
  return out;
}

void note_idle(const NamedFiles& named, const char* key, const char* what,
               std::vector<std::string>& notes) {
  for (const std::string& glob : named.idle)
    notes.push_back(std::string(key) + ": \"" + glob + "\" " + what);
}

}  // namespace

void refuse_reserved_names(const Scan& scan) {
  for (const SourceFile& file : scan.files)
    if (file.path == "skep.js" || file.path == "skep-sw.js" ||
        file.path.starts_with(".well-known/skep/") || file.path == ".well-known/skep")
      throw PublishError(file.path + " is a name that only a publication uses; remove it from " +
                         "the source (is this directory a publication already?)");
}

std::uint64_t copy_site(const PublishOptions& options, const Scan& scan, const fs::path& to) {
  make_directories(scan, to);
  std::uint64_t bytes = 0;
  for (const SourceFile& file : scan.files) bytes += file.stamp.size;
  StageProgress progress(options.progress, "copying", bytes);
  std::atomic<std::uint64_t> injected = 0;
  run_parallel(scan.files.size(), thread_count(options.threads), [&](std::size_t i, unsigned) {
    const SourceFile& file = scan.files[i];
    const fs::path from = options.source / file.path;
    if (options.inject && copy_injected(options, file, to / file.path)) {
      ++injected;
    } else {
      if (copy_content(from, to / file.path) != file.stamp) changed(file.path);
      keep_time(to / file.path, file.stamp);
    }
    if (stamp_of(from) != file.stamp) changed(file.path);
    progress.add(file.stamp.size);
  });
  return injected;
}

FileCount write_variants(const PublishOptions& options, const Scan& scan, const fs::path& to) {
  check_own_variants(scan, to);
  FileCount out;
  if (!options.compress) return out;
  const std::vector<VariantJob> jobs = variant_jobs(options, scan);
  std::uint64_t bytes = 0;
  for (const VariantJob& job : jobs) bytes += job.size;
  StageProgress progress(options.progress, "compressing", bytes);
  std::atomic<std::uint64_t> files = 0, made = 0;
  run_parallel(jobs.size(), thread_count(options.threads), [&](std::size_t i, unsigned) {
    const VariantJob& job = jobs[i];
    const fs::path from = to / job.path;
    fs::path variant = from;
    variant += suffix_of(job.encoding);
    const auto size = is_free(variant) && looks_compressible(from)
                          ? compress_file(from, variant, job.encoding, job.effort)
                          : std::nullopt;
    if (size) {
      keep_time(variant, stamp_of(from));
      ++files;
      made += *size;
    }
    progress.add(job.size);
  });
  out.files = files;
  out.bytes = made;
  return out;
}

std::string swarm_path(const std::string& path, const Scan& scan, const fs::path& root) {
  const std::string_view type = media_type_of(path).name;
  if (type.starts_with("audio/") || type.starts_with("video/")) return path;
  std::string form = path + std::string(site::kSwarmSuffix);
  const bool own = std::ranges::binary_search(scan.files, form, {}, &SourceFile::path);
  std::error_code error;  // a name that is too long, say
  if (own || !fs::is_regular_file(root / form, error) || !site::check_file_path(form).has_value())
    return path;
  return form;
}

void write_runtime(std::span<const RuntimeAsset> assets, const fs::path& to) {
  for (const RuntimeAsset& asset : assets) {
    const fs::path path = to / asset.path;
    fs::create_directories(path.parent_path());
    OutputFile file(path);
    file.write(asset.bytes);
    file.close();
  }
}

std::uint64_t write_offline(const SiteSettings& settings, const Scan& scan,
                            std::span<const RuntimeAsset> runtime, const fs::path& to,
                            std::vector<std::string>& notes) {
  const auto pages = named_files(settings.offline_pages, scan, false);
  note_idle(pages, "[offline] pages", "names no file", notes);
  const auto advance = named_files(settings.precache, scan, true);
  note_idle(advance, "[precache] files", "names no shared file", notes);
  nlohmann::json list = nlohmann::json::array();
  for (const std::string& page : pages.paths) list.push_back(offline_entry(page, to));
  // The runtime is for the pages that open off line: without any, nothing would load it.
  if (pages.paths.empty()) runtime = {};
  for (const RuntimeAsset& asset : runtime) {
    const std::string path(asset.path);
    if (path.ends_with(".br") || path.ends_with(".gz")) continue;
    if (path.starts_with(kOnDemand)) continue;  // few visitors need it, and then they are on line
    list.push_back(offline_entry(path, to));
  }
  nlohmann::json object = {{"v", 1}, {"pages", list}};
  for (const std::string& path : advance.paths) object["precache"].push_back(percent_encode(path));
  fs::create_directories(to / ".well-known/skep");
  OutputFile file(to / ".well-known/skep/offline.json");
  file.write(base::as_bytes(object.dump() + "\n"));
  file.close();
  return pages.paths.size();
}

}  // namespace skep::origin
