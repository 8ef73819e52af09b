// The doctor's look at the pointer, the torrents that it names, and the files that they name.
#include <algorithm>

#include "codec/hex.hpp"
#include "codec/url.hpp"
#include "origin/doctor_findings.hpp"
#include "origin/show.hpp"
#include "origin/signature.hpp"
#include "site/site_map.hpp"
#include "torrent/merkle.hpp"
#include "torrent/metainfo.hpp"

namespace skep::origin {
namespace {

constexpr std::int64_t kSoonSeconds = 2 * 86'400;
constexpr const char* kSkep = ".well-known/skep/";

base::ByteView bytes_of(const std::string& text) { return base::as_bytes(text); }

class Publication {
 public:
  Publication(const DoctorOptions& options, const ScriptTag& tag, Findings& to)
      : options_(options), tag_(tag), to_(to) {}

  SwarmFacts run() {
    if (!pointer()) return {};
    bool complete = true;
    for (const auto& hash : pointer_.info_hashes) complete &= torrent(hash);
    if (complete) labels();
    if (!torrents_.empty()) sample();
    return std::move(facts_);
  }

 private:
  net::HttpUrl url_of(const std::string& path) const {
    return net::parse_reference(tag_.base, path).value_or(tag_.base);
  }

  /// False: there is no pointer to follow.
  bool pointer() {
    const net::HttpAnswer answer =
        look_at(options_, url_of(std::string(kSkep) + "latest"), base::kPointerFileMax + 1);
    if (!answer.ok()) return to_.problem("pointer-missing", said(answer)), false;
    const auto structure = site::decode_pointer(bytes_of(answer.body));
    if (!structure.has_value())
      return to_.problem("pointer-malformed", answer.url.text() + ": " + structure.error().what +
                                                  ", media type \"" + answer.field("content-type") +
                                                  "\""),
             false;
    const auto opened = open_pointer(bytes_of(answer.body));
    if (!opened.has_value()) return to_.problem("pointer-forged", opened.error().what), false;
    pointer_ = *opened;
    facts_.known = true;
    facts_.pointer = answer.body;
    judge_pointer();
    if (freshness_of(answer) > 0)
      to_.note("pointer-cached",
               answer.url.text() + ": Cache-Control is \"" + answer.field("cache-control") + "\"");
    return true;
  }

  void judge_pointer() {
    bool good = true;
    const std::string key = codec::encode_hex(pointer_.key.view());
    if (!tag_.key.empty() && tag_.key != key) {
      to_.problem("pointer-other-key", "signed by " + key + ", pinned " + tag_.key.substr(0, 100));
      good = false;
    }
    // As the loader of the page sees it: the switch works before anything is understood.
    if (base::as_text(pointer_.value).find("3:offi") != std::string_view::npos) {
      to_.problem("switched-off", "seq " + std::to_string(pointer_.seq));
      good = false;
    }
    const std::string when = print_time(pointer_.expires_s);
    if (pointer_.expires_s <= options_.now_s) {
      to_.problem("pointer-expired", "at " + when);
      good = false;
    } else if (pointer_.expires_s - options_.now_s < kSoonSeconds) {
      to_.note("pointer-expires-soon", "at " + when);
    }
    if (good) to_.good("pointer", "The pointer is signed by " + key + " and lives until " + when);
  }

  bool torrent(const crypto::Digest256& hash) {
    const std::string path = kSkep + codec::encode_hex(hash.view()) + ".torrent";
    const net::HttpAnswer answer = look_at(options_, url_of(path), base::kMetainfoSizeMax);
    if (!answer.ok()) return to_.problem("torrent-missing", said(answer)), false;
    auto metainfo = torrent::parse_metainfo(bytes_of(answer.body));
    if (!metainfo.has_value())
      return to_.problem("torrent-mismatch", answer.url.text() + ": " + metainfo.error().what),
             false;
    if (metainfo->info.hash != hash)
      return to_.problem("torrent-mismatch", answer.url.text() + ": its info-hash is " +
                                                 codec::encode_hex(metainfo->info.hash.view())),
             false;
    if (facts_.info_hash.empty()) {
      const auto hash20 = metainfo->info.short_hash();
      facts_.info_hash.assign(hash20.view().begin(), hash20.view().end());
      if (!metainfo->trackers.empty() && !metainfo->trackers[0].empty())
        facts_.announce = metainfo->trackers[0][0];
    }
    to_.good("torrent",
             "The torrent names " + std::to_string(metainfo->info.files.size()) + " shared files.");
    torrents_.push_back(std::move(*metainfo));
    return true;
  }

  /// Is each path that somebody asked about named by a torrent?
  void labels() {
    for (const std::string& given : options_.paths) {
      std::string path = given;
      if (const auto url = net::parse_reference(tag_.base, given);
          url && url->path().starts_with(tag_.base.path()))
        path = url->path().substr(tag_.base.path().size());
      if (const auto decoded = codec::percent_decode(path)) path = *decoded;
      if (named(path))
        to_.good("label", path + " is shared.");
      else
        to_.problem("label-private", path);
    }
  }
  bool named(const std::string& path) const {
    return std::any_of(torrents_.begin(), torrents_.end(), [&](const torrent::Metainfo& m) {
      const auto map = site::parse_site_map(m.info);
      return map.has_value() && site::UrlIndex(*map, m.info).find(path).has_value();
    });
  }

  /// One piece of the largest file: are ranges answered, and with the bytes that were published?
  void sample() {
    const torrent::Metainfo& metainfo = torrents_.front();
    const auto& files = metainfo.info.files;
    const auto largest = std::max_element(
        files.begin(), files.end(),
        [](const torrent::File& a, const torrent::File& b) { return a.size < b.size; });
    if (largest == files.end() || largest->size == 0) return;
    const std::uint64_t size = std::min<std::uint64_t>(largest->size, metainfo.info.piece_length);
    const net::HttpAnswer answer =
        look_at(options_, url_of(codec::encode_url_path(largest->path)), size,
                {{"Range", "bytes=0-" + std::to_string(size - 1)}});
    if (!answer.ok()) return to_.problem("file-mismatch", said(answer));
    if (answer.body.size() != size)
      return to_.problem("file-mismatch", answer.url.text() + ": it is shorter than published");
    const base::FileIndex index(static_cast<std::uint32_t>(largest - files.begin()));
    if (torrent::piece_hash(bytes_of(answer.body), metainfo.info.piece_length, largest->size) !=
        metainfo.expected_hash(index, base::PieceIndex(0)))
      return to_.problem("file-mismatch", answer.url.text());
    to_.good("file", "The origin serves the bytes that were published (one piece looked at).");
    if (answer.status != 206)
      to_.problem("ranges-unsupported", said(answer));
    else
      to_.good("ranges", "The origin answers range requests.");
  }

  const DoctorOptions& options_;
  const ScriptTag& tag_;
  Findings& to_;
  site::Pointer pointer_;
  std::vector<torrent::Metainfo> torrents_;
  SwarmFacts facts_;
};

}  // namespace

SwarmFacts examine_publication(const DoctorOptions& options, const ScriptTag& tag, Findings& to) {
  return Publication(options, tag, to).run();
}

}  // namespace skep::origin
