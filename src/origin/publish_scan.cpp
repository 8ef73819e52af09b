#include "origin/publish_scan.hpp"

#include <algorithm>
#include <stdexcept>

#include "base/limits.hpp"
#include "site/url_path.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using site::Because;
using site::Decision;
using site::Label;

class Scanner {
 public:
  Scanner(const fs::path& root, const site::LabelRules& rules)
      : root_(fs::canonical(root)), rules_(rules) {}

  Scan run() {
    directory(root_, "", 0);
    const auto by_path = [](const auto& a, const auto& b) { return a.path < b.path; };
    std::sort(out_.files.begin(), out_.files.end(), by_path);
    std::sort(out_.withheld.begin(), out_.withheld.end(), by_path);
    return std::move(out_);
  }

 private:
  void directory(const fs::path& where, const std::string& prefix, std::size_t depth) {
    if (depth > kScanDepthMax) throw std::runtime_error(prefix + ": directories nest too deeply");
    for (const fs::directory_entry& entry : fs::directory_iterator(where))
      item(entry, prefix + entry.path().filename().string(), depth);
  }

  void item(const fs::directory_entry& entry, const std::string& path, std::size_t depth) {
    std::string target = path;  // where the content really is, relative to the root
    if (entry.is_symlink()) {
      std::error_code broken;
      const fs::path real = fs::canonical(entry.path(), broken);
      if (broken) return withhold(path, "a link to nothing");
      if (real == root_) return withhold(path, "a link to a directory above it");
      if (!contains(root_, real)) return withhold(path, "a link that leaves the site");
      target = real.lexically_relative(root_).generic_string();
      if (entry.is_directory() && contains(real, entry.path().parent_path()))
        return withhold(path, "a link to a directory above it");
    }
    if (entry.is_directory()) {
      for (const std::string& name : {path, target}) {
        const Decision refusal = site::refusal_of(name + "/");
        if (refusal.label == Label::withheld)
          return withhold(path + "/", std::string(refusal.rule));
      }
      return directory(entry.path(), path + "/", depth + 1);
    }
    if (!entry.is_regular_file()) return withhold(path, "no file, directory or link");
    file(entry, path, target);
  }

  void file(const fs::directory_entry& entry, const std::string& path, const std::string& target) {
    Decision decision = rules_.decide(path);
    // Everything on the way to a linked file counts: its target must be shareable by itself.
    const fs::path real = fs::canonical(entry.path());
    const std::string content = real.lexically_relative(root_).generic_string();
    for (const std::string& name : {target, content}) {
      if (name == path) continue;
      const Decision other = rules_.decide(name);
      if (other.label > decision.label) decision = other;
    }
    if (decision.label == Label::withheld) return withhold(path, std::string(decision.rule));
    SourceFile out{path, stamp_of(entry.path()), decision.label, std::string(decision.rule)};
    if (out.label == Label::shared && !site::check_file_path(path).has_value()) {
      out.label = Label::local;
      out.reason = "its name cannot be a URL path (UTF-8 without control characters)";
    }
    if (out.label == Label::shared &&
        std::count(path.begin(), path.end(), '/') >= static_cast<std::ptrdiff_t>(kSharedDepthMax)) {
      out.label = Label::local;
      out.reason = "too deep for a file tree";
    }
    if (out_.files.size() == base::kFilesMax)
      throw std::runtime_error("more than a million files in one site");
    out_.files.push_back(std::move(out));
  }

  void withhold(const std::string& path, std::string reason) {
    out_.withheld.push_back({path, std::move(reason)});
  }
  /// Whether `path` is `directory` or below it. Both canonical.
  static bool contains(const fs::path& directory, const fs::path& path) {
    const fs::path real = fs::canonical(path);
    return std::mismatch(directory.begin(), directory.end(), real.begin(), real.end()).first ==
           directory.end();
  }

  fs::path root_;
  const site::LabelRules& rules_;
  Scan out_;
};

}  // namespace

Scan scan_site(const fs::path& root, const site::LabelRules& rules) {
  return Scanner(root, rules).run();
}

std::string first_difference(const Scan& before, const Scan& after) {
  const auto same = [](const SourceFile& a, const SourceFile& b) {
    return a.path == b.path && a.stamp == b.stamp;
  };
  const auto [a, b] = std::mismatch(before.files.begin(), before.files.end(), after.files.begin(),
                                    after.files.end(), same);
  if (a != before.files.end() && b != after.files.end()) return std::min(a->path, b->path);
  if (a != before.files.end()) return a->path;
  return b != after.files.end() ? b->path : std::string();
}

}  // namespace skep::origin
