#include "origin/publish.hpp"

#include <algorithm>
#include <chrono>
#include <ctime>

#include "codec/hex.hpp"
#include "origin/labels_toml.hpp"
#include "origin/publish_build.hpp"
#include "origin/publish_hash.hpp"
#include "origin/publish_stage.hpp"
#include "origin/publish_torrent.hpp"
#include "site/glob.hpp"
#include "site/url_path.hpp"
#include "torrent/metainfo.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
constexpr std::int64_t kDayS = 24 * 60 * 60;

class Stopwatch {
 public:
  /// Seconds since the last call, or since construction.
  double lap() {
    const auto now = std::chrono::steady_clock::now();
    const double seconds = std::chrono::duration<double>(now - last_).count();
    last_ = now;
    return seconds;
  }

 private:
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

bool contains(const fs::path& outer, const fs::path& inner) {
  return std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end()).first == outer.end();
}

/// One publication being made: each step fills more of the report.
class Publisher {
 public:
  explicit Publisher(const PublishOptions& options) : options_(options) {}

  PublishReport run() {
    Stopwatch total;
    Stopwatch step;
    prepare();
    Stage stage(report_.out);
    note_left_overs(stage);
    seq_ = next_seq(stage);
    settings_ = read_settings(options_.source);
    rules_ = label_rules(settings_, options_.share);
    scan_ = scan_site(options_.source, rules_);
    refuse_reserved_names(scan_);
    refuse_nothing_shared();
    note_idle_labels();
    refuse_ambiguous_name();
    report_.scan_s = step.lap();
    report_.injected_pages = copy_site(options_, scan_, stage.directory());
    report_.copy_s = step.lap();
    write_runtime(options_.runtime, stage.directory());
    report_.variants = write_variants(options_, scan_, stage.directory());
    report_.compress_s = step.lap();
    TorrentRequest request = hash(stage.directory());
    report_.hash_s = step.lap();
    refuse_changes();
    write_skep_files(stage.directory(), std::move(request));
    report_.torrent_s = step.lap();
    if (options_.durable) stage.flush();
    report_.flush_s = step.lap();
    stage.swap_in();
    report_.withheld = std::move(scan_.withheld);
    report_.total_s = total.lap();
    return std::move(report_);
  }

 private:
  void prepare() {
    if (!fs::is_directory(options_.source))
      throw PublishError(options_.source.string() + " is no directory");
    if (options_.runtime.empty())
      throw PublishError(
          "this skep was built without the browser runtime: run ./dev build, then publish again");
    if (options_.days < 1 || options_.days > kPointerDaysMax)
      throw PublishError("a pointer lives 1 to 3650 days");
    options_.source = fs::canonical(options_.source);
    report_.out = resolve_out(options_.out);
    if (!fs::is_directory(report_.out.parent_path()))
      throw PublishError(report_.out.parent_path().string() + " is no directory");
    if (contains(options_.source, report_.out) || contains(report_.out, options_.source))
      throw PublishError("source and publication must not be inside of each other");
    report_.name = options_.name.empty() ? options_.source.filename().string() : options_.name;
    if (report_.name.empty() || !site::check_file_path(report_.name).has_value() ||
        report_.name.find('/') != std::string::npos)
      throw PublishError("\"" + report_.name + "\" cannot be a torrent's name; use --name");
  }

  void note_left_overs(const Stage& stage) {
    for (const std::string& path : stage.removed())
      report_.notes.push_back("removed " + path +
                              ", left behind by a run that was killed; the publication it was to "
                              "replace had stayed in place");
  }

  /// Unix seconds, and more than the pointer that is replaced.
  std::int64_t next_seq(const Stage& stage) {
    const std::int64_t now = std::time(nullptr);
    if (!stage.replaces()) return now;
    const auto before =
        open_pointer(read_file(report_.out / ".well-known/skep/latest", base::kPointerFileMax));
    if (!before.has_value()) {
      report_.notes.push_back("the replaced publication's pointer was not valid");
      return now;
    }
    if (before->key != options_.key.public_key && !options_.change_key)
      throw PublishError(report_.out.string() + " is signed by another key (" +
                         codec::encode_hex(before->key.view()) +
                         "); visitors who know it would refuse this one. Use that key, or "
                         "--change-key");
    keep_switched_off(before->state);
    return std::max(now, before->seq + 1);
  }

  /// Somebody had a reason; a new version is none to start again.
  void keep_switched_off(site::Switch before) {
    state_ = before;
    if (before == site::Switch::on) return;
    report_.notes.push_back(
        "peers stay switched off for this site, as they were; to switch them on again: skep "
        "pointer on " +
        report_.out.string() + " --key KEY");
  }

  void refuse_nothing_shared() {
    for (const SourceFile& file : scan_.files) {
      FileCount& count = file.label == site::Label::shared ? report_.shared : report_.kept_private;
      ++count.files;
      count.bytes += file.stamp.size;
    }
    if (report_.shared.files > 0) return;
    throw PublishError(
        "nothing is labelled shareable, so there is nothing for visitors to share. Write " +
        (options_.source / "skep.toml").string() +
        " with\n\n    [labels]\n    share = [\"assets/**\"]\n\nor try: skep publish --share "
        "'assets/**'" +
        (rules_.any_share() ? "\n(the globs that are given match none of the site's files)" : ""));
  }

  /// A rule that names nothing is a slip more often than not; one of `private` gives files away.
  void note_idle_labels() {
    const auto note = [&](const char* key, const std::vector<std::string>& globs, bool withheld) {
      for (const std::string& pattern : globs) {
        const auto glob = site::Glob::parse(pattern);
        SKEP_ASSERT(glob.has_value());  // label_rules() has read it
        const auto named = [&](const auto& each) {
          return glob->matches(each.path) || glob->matches(each.path + "x");  // a directory's
        };
        if (std::ranges::any_of(scan_.files,
                                [&](const SourceFile& f) { return glob->matches(f.path); }) ||
            (withheld && std::ranges::any_of(scan_.withheld, named)))
          continue;
        report_.notes.push_back(std::string(key) + ": \"" + pattern + "\" names no file");
      }
    };
    note("share", settings_.share, false);
    note("share", options_.share, false);
    note("private", settings_.keep_private, true);
    for (const CacheRule& rule : settings_.cache)
      if (std::ranges::none_of(scan_.files, [&](const SourceFile& file) {
            return file.label == site::Label::shared &&
                   std::ranges::any_of(
                       rule.paths, [&](const site::Glob& glob) { return glob.matches(file.path); });
          }))
        report_.notes.push_back("[[cache]]: \"" + rule.paths.front().text() +
                                "\" names no shared file");
  }

  /// A web seed's URLs are "<name>/<path>": the site must not have files of its own there.
  void refuse_ambiguous_name() const {
    if (options_.web_seeds.empty()) return;
    for (const SourceFile& file : scan_.files)
      if (file.path.starts_with(report_.name + "/"))
        throw PublishError(
            "the site has a directory \"" + report_.name +
            "\", so a web seed could not tell its files from the torrent's; give the "
            "torrent another --name");
  }

  /// Hashes what peers exchange: shared files, or their compressed forms.
  TorrentRequest hash(const fs::path& directory) {
    TorrentRequest out{report_.name, options_.piece_length, {}, options_.trackers, settings_.cache};
    out.web_seeds = options_.web_seeds;
    out.hybrid = options_.hybrid;
    std::vector<std::string> paths;
    std::uint64_t bytes = 0;
    for (const SourceFile& file : scan_.files) {
      if (file.label != site::Label::shared) continue;
      paths.push_back(options_.compress ? swarm_path(file.path, scan_, directory) : file.path);
      const std::uint64_t size = stamp_of(directory / paths.back()).size;
      bytes += size;
      if (paths.back() == file.path) continue;
      out.plain_sizes[paths.back()] = stamp_of(directory / file.path).size;
      ++report_.swarm_forms.files;
      report_.swarm_forms.bytes += size;
    }
    check_piece_length(bytes);
    StageProgress progress(options_.progress, "hashing", bytes);
    auto hashed = hash_files(
        directory, paths, {options_.piece_length, options_.hybrid, thread_count(options_.threads)},
        progress);
    for (std::size_t i = 0; i < paths.size(); ++i)
      out.files.push_back({std::move(paths[i]), std::move(hashed[i])});
    return out;
  }

  void check_piece_length(std::uint64_t bytes) const {
    const std::uint32_t length = options_.piece_length;
    if (length < base::kBlockSize || length > base::kPieceLengthMax || (length & (length - 1)) != 0)
      throw PublishError("the piece length is a power of two from 16 KiB to 16 MiB");
    if (bytes / length >= torrent::kPiecesMax)
      throw PublishError("too many pieces; use a longer --piece-length");
  }

  /// The copies are right by themselves; this finds files that came, went or changed between them.
  void refuse_changes() {
    const std::string path = first_difference(scan_, scan_site(options_.source, rules_));
    if (!path.empty()) throw PublishError("changed while reading: " + path + "; run again");
  }

  void write_skep_files(const fs::path& directory, const TorrentRequest& request) {
    const fs::path skep = directory / ".well-known/skep";
    fs::create_directories(skep);
    report_.offline_pages =
        write_offline(settings_, scan_, options_.runtime, directory, report_.notes);
    const auto planned = plan_torrent(request);
    if (!planned.has_value())
      throw PublishError(std::string("the torrent cannot be made: ") + planned.error().what);
    fill_in(*planned, request);
    write(skep / (codec::encode_hex(report_.info_hash.view()) + ".torrent"),
          planned->built.metainfo);
    report_.seq = seq_;
    report_.expires_s = std::time(nullptr) + options_.days * kDayS;
    report_.key = options_.key.public_key;
    write(skep / "latest",
          site::encode_pointer(sign_pointer(options_.key, seq_, report_.expires_s,
                                            {report_.info_hash}, state_, {report_.v1_hash})));
  }

  void fill_in(const PlannedTorrent& planned, const TorrentRequest& request) {
    report_.info_hash = planned.built.info_hash;
    report_.v1_hash = planned.built.v1_hash;
    report_.metadata_bytes = planned.built.metainfo.size();
    report_.metadata_budget = planned.budget;
    for (const torrent::PlannedFile& file : planned.left_out) {
      ++report_.left_to_http.files;
      report_.left_to_http.bytes += request.plain_size(file);
      if (request.plain_sizes.contains(file.path)) {
        --report_.swarm_forms.files;
        report_.swarm_forms.bytes -= file.hashed.size;
      }
    }
    report_.shared.files -= report_.left_to_http.files;
    report_.shared.bytes = planned.shared_bytes;
    report_.kept_private.files += report_.left_to_http.files;
    report_.kept_private.bytes += report_.left_to_http.bytes;
  }

  static void write(const fs::path& path, base::ByteView bytes) {
    OutputFile file(path);
    file.write(bytes);
    file.close();
  }

  PublishOptions options_;
  PublishReport report_;
  SiteSettings settings_;
  site::LabelRules rules_;
  Scan scan_;
  std::int64_t seq_ = 0;
  site::Switch state_ = site::Switch::on;
};

}  // namespace

PublishReport publish(const PublishOptions& options) {
  try {
    return Publisher(options).run();
  } catch (const PublishError&) {
    throw;
  } catch (const std::exception& error) {
    throw PublishError(error.what());
  }
}

}  // namespace skep::origin
