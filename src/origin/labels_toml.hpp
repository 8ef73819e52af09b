/// labels_toml.hpp: a site's skep.toml: what may be shared, and which pages a visitor keeps.
/// CONTRACT  strict: a key or table that is not known is an error that names it, because a
///           misspelt "privat" must not share a file.
/// SPEC      docs/formats/labels.md
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "origin/cache_rules.hpp"
#include "site/label.hpp"

namespace skep::origin {

/// skep.toml says something that cannot be followed. what() names file, line and key.
class SettingsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct SiteSettings {
  std::vector<std::string> share;          ///< [labels] share: globs
  std::vector<std::string> keep_private;   ///< [labels] private
  std::vector<std::string> offline_pages;  ///< [offline] pages
  std::vector<CacheRule> cache;            ///< [[cache]] tables, in their order
  std::vector<std::string> precache;       ///< [precache] files
};

/// Reads the text of a skep.toml; `name` is for messages. Globs are checked. Throws SettingsError.
SiteSettings parse_settings(std::string_view text, const std::string& name);

/// What decides each file's label: these settings, and `share`, globs of a command line.
/// Throws SettingsError for a glob that is none, naming it.
site::LabelRules label_rules(const SiteSettings& settings, const std::vector<std::string>& share);

/// The settings of the site in `root`; empty ones when it has no skep.toml. Throws SettingsError.
SiteSettings read_settings(const std::filesystem::path& root);

}  // namespace skep::origin
