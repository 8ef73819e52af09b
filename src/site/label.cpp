// label.cpp: the table of refusals, and the order in which rules are asked.
#include "site/label.hpp"

#include <array>

#include "base/limits.hpp"

namespace skep::site {
namespace {

using base::Errc;
using base::fail;
using base::Status;

/// How a refusal's text is compared with a path, or with one component of it.
enum class Where : std::uint8_t {
  whole_path,     ///< the path is exactly this
  any_component,  ///< a file or directory of this name, at any depth
  file_name,      ///< the last component
  file_ending,    ///< how the last component ends
  file_start,     ///< how the last component starts
};

struct Refusal {
  Where where;
  std::string_view text;
  Label label;
  std::string_view reason;
};

constexpr std::string_view kOurs = "skep's own configuration";
constexpr std::string_view kSecret = "may hold a key or password";
constexpr std::string_view kSource = "runs on a server, a static one would show its source";
constexpr std::string_view kBackup = "a backup or an editor's left-over";
constexpr std::string_view kDatabase = "a data base is never shared";

constexpr auto kRefusals = std::to_array<Refusal>({
    {Where::whole_path, "skep.toml", Label::withheld, kOurs},
    {Where::any_component, "cvs", Label::withheld, "source control"},
    {Where::any_component, "_darcs", Label::withheld, "source control"},
    {Where::any_component, "web-inf", Label::withheld, kSource},
    {Where::any_component, "cgi-bin", Label::withheld, kSource},
    {Where::any_component, "__macosx", Label::withheld, "the packing system's left-over"},
    {Where::file_name, "thumbs.db", Label::withheld, "the desktop's left-over"},
    {Where::file_start, "id_rsa", Label::withheld, kSecret},
    {Where::file_start, "id_dsa", Label::withheld, kSecret},
    {Where::file_start, "id_ecdsa", Label::withheld, kSecret},
    {Where::file_start, "id_ed25519", Label::withheld, kSecret},
    {Where::file_name, "web.config", Label::withheld, kSecret},
    {Where::file_name, "wp-config.php", Label::withheld, kSecret},
    {Where::file_ending, ".pem", Label::withheld, kSecret},
    {Where::file_ending, ".key", Label::withheld, kSecret},
    {Where::file_ending, ".key.json", Label::withheld, kSecret},
    {Where::file_ending, ".p12", Label::withheld, kSecret},
    {Where::file_ending, ".pfx", Label::withheld, kSecret},
    {Where::file_ending, ".jks", Label::withheld, kSecret},
    {Where::file_ending, ".keystore", Label::withheld, kSecret},
    {Where::file_ending, ".kdbx", Label::withheld, kSecret},
    {Where::file_ending, ".ppk", Label::withheld, kSecret},
    {Where::file_ending, ".env", Label::withheld, kSecret},
    {Where::file_ending, ".php", Label::withheld, kSource},
    {Where::file_ending, ".php3", Label::withheld, kSource},
    {Where::file_ending, ".php5", Label::withheld, kSource},
    {Where::file_ending, ".phtml", Label::withheld, kSource},
    {Where::file_ending, ".inc", Label::withheld, kSource},
    {Where::file_ending, ".cgi", Label::withheld, kSource},
    {Where::file_ending, ".fcgi", Label::withheld, kSource},
    {Where::file_ending, ".asp", Label::withheld, kSource},
    {Where::file_ending, ".aspx", Label::withheld, kSource},
    {Where::file_ending, ".ashx", Label::withheld, kSource},
    {Where::file_ending, ".jsp", Label::withheld, kSource},
    {Where::file_ending, ".erb", Label::withheld, kSource},
    {Where::file_ending, "~", Label::withheld, kBackup},
    {Where::file_ending, ".bak", Label::withheld, kBackup},
    {Where::file_ending, ".old", Label::withheld, kBackup},
    {Where::file_ending, ".orig", Label::withheld, kBackup},
    {Where::file_ending, ".rej", Label::withheld, kBackup},
    {Where::file_ending, ".swp", Label::withheld, kBackup},
    {Where::file_ending, ".swo", Label::withheld, kBackup},
    {Where::file_ending, ".tmp", Label::withheld, kBackup},
    {Where::file_ending, ".sql", Label::local, kDatabase},
    {Where::file_ending, ".sqlite", Label::local, kDatabase},
    {Where::file_ending, ".sqlite3", Label::local, kDatabase},
    {Where::file_ending, ".mdb", Label::local, kDatabase},
    {Where::file_ending, ".log", Label::local, "a log is never shared"},
});

char lower(char c) { return 'A' <= c && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

/// Whether `text` has `wanted` (lower case) at `at`.
bool has_at(std::string_view text, std::size_t at, std::string_view wanted) {
  if (at > text.size() || text.size() - at < wanted.size()) return false;
  for (std::size_t i = 0; i < wanted.size(); ++i)
    if (lower(text[at + i]) != wanted[i]) return false;
  return true;
}
bool is(std::string_view text, std::string_view wanted) {
  return text.size() == wanted.size() && has_at(text, 0, wanted);
}

bool hits(const Refusal& refusal, std::string_view path, std::string_view component, bool last) {
  switch (refusal.where) {
    case Where::whole_path:
      return is(path, refusal.text);
    case Where::any_component:
      return is(component, refusal.text);
    case Where::file_name:
      return last && is(component, refusal.text);
    case Where::file_ending:
      return last && component.size() >= refusal.text.size() &&
             has_at(component, component.size() - refusal.text.size(), refusal.text);
    case Where::file_start:
      return last && has_at(component, 0, refusal.text);
  }
  SKEP_UNREACHABLE();
}

/// Names that start with a dot: not meant to be seen, but for the two that the web relies on.
Decision dotted(std::string_view component, bool first, bool last) {
  if (first && !last && is(component, ".well-known"))
    return {Label::local, Because::refusal, "what .well-known says belongs to the origin"};
  if (first && last && is(component, ".nojekyll"))
    return {Label::local, Because::refusal, "a static host's marker"};
  return {Label::withheld, Because::refusal,
          "its name, or a directory's above it, starts with a dot"};
}

void tighten(Decision& decision, const Decision& other) {
  if (other.label > decision.label) decision = other;
}

}  // namespace

std::string_view name_of(Label label) {
  switch (label) {
    case Label::shared:
      return "shared";
    case Label::local:
      return "private";
    case Label::withheld:
      return "withheld";
  }
  return "unknown";
}

Decision refusal_of(std::string_view path) {
  Decision found{Label::shared, Because::no_rule, {}};
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t slash = path.find('/', begin);
    const bool last = slash == std::string_view::npos;
    const std::string_view component =
        path.substr(begin, last ? std::string_view::npos : slash - begin);
    if (component.starts_with('.')) tighten(found, dotted(component, begin == 0, last));
    for (const Refusal& refusal : kRefusals)
      if (hits(refusal, path, component, last))
        tighten(found, {refusal.label, Because::refusal, refusal.reason});
    if (last) break;
    begin = slash + 1;
  }
  return found;
}

Status LabelRules::add_share(std::string_view pattern) {
  if (share_.size() == kLabelRulesMax) return fail(Errc::limit_exceeded, "too many share rules");
  SKEP_TRY(Glob glob, Glob::parse(pattern));
  share_.push_back(std::move(glob));
  return base::ok();
}

Status LabelRules::add_private(std::string_view pattern) {
  if (private_.size() == kLabelRulesMax)
    return fail(Errc::limit_exceeded, "too many private rules");
  SKEP_TRY(Glob glob, Glob::parse(pattern));
  private_.push_back(std::move(glob));
  return base::ok();
}

Decision LabelRules::decide(std::string_view path) const {
  const Decision refusal = refusal_of(path);
  if (refusal.label != Label::shared) return refusal;
  for (const Glob& glob : private_)
    if (glob.matches(path)) return {Label::local, Because::private_rule, glob.text()};
  for (const Glob& glob : share_)
    if (glob.matches(path)) return {Label::shared, Because::share_rule, glob.text()};
  return {Label::local, Because::no_rule, {}};
}

}  // namespace skep::site
