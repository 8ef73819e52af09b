#include "origin/verify.hpp"

#include <algorithm>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "codec/hex.hpp"
#include "crypto/sha256.hpp"
#include "origin/compress.hpp"
#include "origin/publish_file.hpp"
#include "origin/publish_hash.hpp"
#include "origin/signature.hpp"
#include "site/label.hpp"
#include "site/site_map.hpp"
#include "torrent/metainfo.hpp"
#include "torrent/piece_map.hpp"
#include "torrent/v1_half.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using crypto::Digest256;

constexpr const char* kSkep = ".well-known/skep";
/// offline.json has about 150 bytes for each page.
constexpr std::uint64_t kOfflineMax = 64 * 1024 * 1024;

class Verifier {
 public:
  explicit Verifier(const VerifyOptions& options) : options_(options), root_(options.publication) {}

  VerifyReport run() {
    list_files();
    const std::vector<Digest256> hashes = pointer();
    for (const Digest256& hash : hashes) torrent(hash);
    other_torrents(hashes);
    variants();
    runtime();
    offline();
    for (const char* secret : {"skep.toml"})
      if (names_.contains(secret)) problem(secret, "must not be published");
    std::sort(report_.problems.begin(), report_.problems.end());
    return std::move(report_);
  }

 private:
  void problem(const std::string& path, const std::string& what) {
    const std::lock_guard guard(mutex_);
    report_.problems.push_back(path + ": " + what);
  }

  void list_files() {
    for (const auto& entry : fs::recursive_directory_iterator(root_))
      if (!entry.is_directory())
        names_.insert(entry.path().lexically_relative(root_).generic_string());
  }

  /// The info-hashes that the pointer names; none when there is no pointer to trust.
  std::vector<Digest256> pointer() {
    const std::string path = std::string(kSkep) + "/latest";
    if (!names_.contains(path)) return problem(path, "missing"), std::vector<Digest256>();
    const base::Bytes file = read_file(root_ / path, base::kPointerFileMax);
    const auto pointer = open_pointer(file);
    if (!pointer.has_value()) {
      problem(path, pointer.error().what);
      return {};
    }
    report_.key = pointer->key;
    const auto accepted = site::check_pointer(*pointer, {options_.now_s, options_.key, 0});
    if (!accepted.has_value()) problem(path, accepted.error().what);
    if (pointer->state != site::Switch::on)
      report_.notes.push_back("switched off: visitors use plain HTTP (skep pointer on)");
    return pointer->info_hashes;
  }

  void torrent(const Digest256& hash) {
    const std::string path = std::string(kSkep) + "/" + codec::encode_hex(hash.view()) + ".torrent";
    if (!names_.contains(path)) return problem(path, "missing, but the pointer names it");
    const base::Bytes bytes = read_file(root_ / path, base::kMetainfoSizeMax);
    const auto metainfo = torrent::parse_metainfo(bytes);
    if (!metainfo.has_value()) return problem(path, metainfo.error().what);
    if (metainfo->info.hash != hash)
      problem(path, "its info-hash is " + codec::encode_hex(metainfo->info.hash.view()));
    const auto map = site::parse_site_map(metainfo->info);
    if (!map.has_value()) problem(path, std::string("site map: ") + map.error().what);
    shared_files(path, *metainfo);
  }

  void shared_files(const std::string& path, const torrent::Metainfo& metainfo) {
    const torrent::Info& info = metainfo.info;
    std::vector<std::string> present;
    std::vector<std::uint32_t> numbers;
    std::uint64_t total = 0;
    for (std::uint32_t i = 0; i < info.files.size(); ++i) {
      const torrent::File& file = info.files[i];
      if (site::refusal_of(file.path).label != site::Label::shared)
        problem(path, "names " + file.path + ", which can never be shared");
      if (!names_.contains(file.path)) {
        problem(file.path, "missing, but the torrent names it");
      } else if (const auto size = fs::file_size(root_ / file.path); size != file.size) {
        problem(file.path, "has " + std::to_string(size) + " bytes, the torrent says " +
                               std::to_string(file.size));
      } else {
        present.push_back(file.path);
        numbers.push_back(i);
        total += file.size;
      }
    }
    StageProgress progress(options_.progress, "checking", total);
    const auto hashed = hash_files(
        root_, present, {info.piece_length, info.hybrid, thread_count(options_.threads)}, progress);
    for (std::size_t i = 0; i < present.size(); ++i)
      if (hashed[i].root != info.files[numbers[i]].root)
        problem(present[i], "differs from what was published");
    if (info.hybrid) v1_half(path, info, numbers, hashed);
    report_.files += present.size();
    report_.bytes += total;
  }

  /// The SHA-1 of each piece, of the files that are there and unchanged.
  void v1_half(const std::string& path, const torrent::Info& info,
               const std::vector<std::uint32_t>& numbers,
               const std::vector<torrent::HashedFile>& hashed) {
    const auto pieces = torrent::read_v1_half(info);
    if (!pieces.has_value()) return problem(path, pieces.error().what);
    const torrent::PieceMap map(info.files, info.piece_length);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      const torrent::HashedFile& file = hashed[i];
      if (file.root != info.files[numbers[i]].root) continue;
      std::size_t at = map.first_piece(base::FileIndex(numbers[i])).value;
      for (std::size_t p = 0; p < file.v1_pieces.size(); ++p, ++at) {
        const bool last = p + 1 == file.v1_pieces.size() && !file.v1_tail.is_zero();
        if ((*pieces)[at] == file.v1_pieces[p] || (last && (*pieces)[at] == file.v1_tail)) continue;
        problem(path, "the v1 half has a wrong hash for " + info.files[numbers[i]].path);
        break;
      }
    }
  }

  void other_torrents(const std::vector<Digest256>& hashes) {
    for (const std::string& name : names_) {
      if (!name.starts_with(std::string(kSkep) + "/") || !name.ends_with(".torrent")) continue;
      const bool known = std::any_of(hashes.begin(), hashes.end(), [&](const Digest256& hash) {
        return name.find(codec::encode_hex(hash.view())) != name.npos;
      });
      if (!known) report_.notes.push_back(name + ": the pointer does not name it");
    }
  }

  /// Every X.br and X.gz beside an X is what servers send instead of X.
  void variants() {
    std::vector<std::pair<std::string, Encoding>> found;
    for (const std::string& name : names_)
      for (const Encoding encoding : {Encoding::brotli, Encoding::gzip})
        if (name.ends_with(suffix_of(encoding)) && names_.contains(name.substr(0, name.size() - 3)))
          found.emplace_back(name, encoding);
    run_parallel(found.size(), thread_count(options_.threads), [&](std::size_t i, unsigned) {
      const auto& [name, encoding] = found[i];
      const InputFile original(root_ / name.substr(0, name.size() - 3));
      std::uint64_t at = 0;
      base::Bytes there;
      const bool sound = decompress_file(root_ / name, encoding, [&](base::ByteView made) {
        there.resize(made.size());
        if (original.read(at, there) != made.size() || !base::equal(there, made)) return false;
        at += made.size();
        return true;
      });
      if (!sound || at != original.size())
        problem(name, "does not decompress to " + name.substr(0, name.size() - 3));
    });
    report_.variants = found.size();
  }

  void runtime() {
    for (const char* name : {"skep.js", "skep-sw.js"})
      if (!names_.contains(name)) problem(name, "missing (browser runtime)");
    bool same = true;
    for (const RuntimeAsset& asset : options_.runtime) {
      const std::string path(asset.path);
      if (!names_.contains(path) || fs::file_size(root_ / path) != asset.bytes.size() ||
          !base::equal(read_file(root_ / path, asset.bytes.size()), asset.bytes))
        same = false;
    }
    if (!same) report_.notes.push_back("the runtime is of another version than this program");
    for (const std::string& name : names_) runtime_part(name);
  }

  /// rt/runtime.<10 hex of its SHA-256>.js
  void runtime_part(const std::string& name) {
    const std::string prefix = std::string(kSkep) + "/rt/";
    if (!name.starts_with(prefix) || name.ends_with(".br") || name.ends_with(".gz")) return;
    const std::string file = name.substr(name.rfind('/') + 1);
    const std::size_t first = file.find('.');
    const std::size_t last = file.rfind('.');
    if (first == file.npos || first == last) return;
    const base::Bytes bytes = read_file(root_ / name, kOfflineMax);
    if (codec::encode_hex(crypto::sha256(bytes).view()).substr(0, 10) !=
        file.substr(first + 1, last - first - 1))
      problem(name, "its content is not what its name says");
  }

  void offline() {
    const std::string path = std::string(kSkep) + "/offline.json";
    if (!names_.contains(path)) return problem(path, "missing");
    const base::Bytes bytes = read_file(root_ / path, kOfflineMax);
    const auto json = nlohmann::json::parse(bytes.begin(), bytes.end(), nullptr, false);
    if (!json.is_object() || !json.contains("pages") || !json["pages"].is_array())
      return problem(path, "is not the JSON it should be");
    for (const auto& page : json["pages"]) {
      if (!page.is_object() || !is_text(page, "url") || !is_text(page, "sha256"))
        return problem(path, "is not the JSON it should be");
      offline_page(path, page);
    }
  }

  static bool is_text(const nlohmann::json& object, const char* key) {
    const auto at = object.find(key);
    return at != object.end() && at->is_string();
  }

  void offline_page(const std::string& path, const nlohmann::json& page) {
    const auto url = page["url"].get<std::string>();
    const std::string name = percent_decode(url);
    if (!names_.contains(name)) return problem(path, "names " + url + ", which is missing");
    const InputFile file(root_ / name);
    crypto::Sha256 hash;
    base::Bytes chunk(256 * 1024);
    std::uint64_t at = 0;
    while (const std::size_t size = file.read(at, chunk)) {
      hash.update(base::ByteView(chunk).first(size));
      at += size;
    }
    if (codec::encode_hex(hash.finish().view()) != page["sha256"])
      problem(name, "differs from what offline.json says");
  }

  static std::string percent_decode(const std::string& url) {
    std::string out;
    for (std::size_t i = 0; i < url.size(); ++i) {
      if (url[i] == '%' && i + 2 < url.size()) {
        const auto byte = codec::decode_hex(url.substr(i + 1, 2));
        if (byte.has_value()) {
          out += static_cast<char>(byte->front());
          i += 2;
          continue;
        }
      }
      out += url[i];
    }
    return out;
  }

  const VerifyOptions& options_;
  fs::path root_;
  std::set<std::string> names_;
  VerifyReport report_;
  std::mutex mutex_;
};

}  // namespace

VerifyReport verify_publication(const VerifyOptions& options) { return Verifier(options).run(); }

}  // namespace skep::origin
