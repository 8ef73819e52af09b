/// label.hpp: what may be shared: the publisher's rules, and refusals that no rule can lift.
/// CONTRACT  deny by default; of two rules that match one file the stricter wins; decide() is pure.
///           Rules and refusals are about paths relative to the site's root.
/// WHY       a file that peers have seen cannot be taken back, so the mistakes that happen (a key,
///           a .git folder, a data base dump below a shared directory) are refused here, once, for
///           every host.
/// SPEC      docs/formats/labels.md
/// LIMITS    kLabelRulesMax globs of each kind.
///
///   withheld   not part of the publication at all       strictest
///   local      published, plain HTTP only               ("private")
///   shared     published, and peers may hand it on      only when a rule says so
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.hpp"
#include "site/glob.hpp"

namespace skep::site {

/// Globs of one kind. Every file is matched against each, so a list is for people, not for files.
inline constexpr std::size_t kLabelRulesMax = 4096;

enum class Label : std::uint8_t {
  shared = 0,
  local = 1,     ///< private: served by the origin, never named to a peer
  withheld = 2,  ///< never leaves the publisher's machine
};
/// "shared", "private", "withheld".
std::string_view name_of(Label label);

/// Why a file got its label.
enum class Because : std::uint8_t {
  share_rule,    ///< `rule` is the glob
  private_rule,  ///< `rule` is the glob
  no_rule,       ///< nothing matched: private; `rule` is empty
  refusal,       ///< built in; `rule` says what
};

struct Decision {
  Label label = Label::local;
  Because because = Because::no_rule;
  /// The glob, or the refusal's reason. Lives as long as the LabelRules (refusals: for ever).
  std::string_view rule;
};

/// The refusal that hits `path`, or one with Label::shared when none does. ASCII case is ignored.
Decision refusal_of(std::string_view path);

class LabelRules {
 public:
  /// ERRORS of Glob::parse; limit_exceeded.
  base::Status add_share(std::string_view pattern);
  base::Status add_private(std::string_view pattern);

  /// The label of the file at `path`: refusals first, then private rules, then share rules.
  Decision decide(std::string_view path) const;
  /// False: no file can be shared.
  bool any_share() const { return !share_.empty(); }

 private:
  std::vector<Glob> share_;
  std::vector<Glob> private_;
};

}  // namespace skep::site
