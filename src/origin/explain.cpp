#include "origin/explain.hpp"

#include <algorithm>

#include "origin/labels_toml.hpp"
#include "origin/publish.hpp"
#include "origin/publish_scan.hpp"

namespace skep::origin {
namespace {

namespace fs = std::filesystem;
using site::Because;
using site::Decision;
using site::Label;

const char* name_of(Because because) {
  switch (because) {
    case Because::share_rule:
      return "share rule";
    case Because::private_rule:
      return "private rule";
    case Because::no_rule:
      return "no rule";
    case Because::refusal:
      return "built in";
  }
  return "";
}

class Explainer {
 public:
  Explainer(const fs::path& root, const std::vector<std::string>& share)
      : root_(root), settings_(read_settings(root)) {
    rules_ = label_rules(settings_, share);
    scan_ = scan_site(root, rules_);
  }

  Explanation explain(const std::string& given) const {
    Explanation out;
    out.path = relative(given);
    const auto is_path = [&](const auto& item) { return item.path == out.path; };
    if (const auto file = std::find_if(scan_.files.begin(), scan_.files.end(), is_path);
        file != scan_.files.end()) {
      decide(out, file->label, file->reason);
    } else if (const WithheldPath* above = withheld(out.path)) {
      decide(out, Label::withheld, above->reason);
    } else if (fs::is_directory(root_ / out.path)) {
      count_below(out);
    } else {
      const Decision decision = rules_.decide(out.path);
      decide(out, decision.label, std::string(decision.rule));
      out.exists = false;
    }
    return out;
  }

 private:
  /// As the scan spells it: no leading slash, no "./", relative to the site even when it was
  /// completed by a shell.
  std::string relative(const std::string& given) const {
    fs::path path = fs::path(given).lexically_normal();
    const fs::path below = path.lexically_relative(root_.lexically_normal());
    const bool names_root = !below.empty() && *below.begin() != "..";
    if (names_root && !fs::exists(root_ / path.relative_path()))
      path = below;
    else
      path = path.relative_path();
    return path == "." ? std::string() : path.generic_string();
  }

  /// The withheld file, or the withheld directory that it is in.
  const WithheldPath* withheld(const std::string& path) const {
    for (const WithheldPath& item : scan_.withheld)
      if (item.path == path || item.path == path + "/" ||
          (item.path.ends_with('/') && path.starts_with(item.path)))
        return &item;
    return nullptr;
  }

  void decide(Explanation& out, Label label, const std::string& reason) const {
    out.exists = true;
    out.label = label;
    out.rule = reason;
    const Decision decision = rules_.decide(out.path);
    if (decision.label == label && decision.rule == reason) {
      out.because = name_of(decision.because);
      if (decision.because == Because::share_rule) out.source = source_of(settings_.share, reason);
      if (decision.because == Because::private_rule) out.source = "skep.toml";
    } else {
      // The path alone would have been decided otherwise: the scan knows more about the file.
      out.because = fs::is_symlink(root_ / out.path) ? "link" : "name";
      if (label == Label::withheld && out.because == "name") out.because = "built in";
    }
  }

  static std::string source_of(const std::vector<std::string>& in_file, const std::string& glob) {
    return std::find(in_file.begin(), in_file.end(), glob) != in_file.end() ? "skep.toml"
                                                                            : "--share";
  }

  void count_below(Explanation& out) const {
    out.exists = true;
    out.because = "directory";
    if (!out.path.empty() && !out.path.ends_with('/')) out.path += '/';
    for (const SourceFile& file : scan_.files)
      if (file.path.starts_with(out.path))
        ++(file.label == Label::shared ? out.shared : out.kept_private);
    for (const WithheldPath& item : scan_.withheld)
      if (item.path.starts_with(out.path)) ++out.withheld;
    if (out.path.empty()) out.path = "./";
  }

  fs::path root_;
  SiteSettings settings_;
  site::LabelRules rules_;
  Scan scan_;
};

}  // namespace

std::vector<Explanation> explain(const fs::path& root, const std::vector<std::string>& share,
                                 const std::vector<std::string>& paths) {
  const Explainer explainer(root, share);
  std::vector<Explanation> out;
  for (const std::string& path : paths) out.push_back(explainer.explain(path));
  return out;
}

}  // namespace skep::origin
